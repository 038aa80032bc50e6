"""The devices that the user is pushed to."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from functions.api.access import Caller, Wired
from functions.api.models import BASE, Asked, Told, examples
from functions.api.problems import documented
from shared.domain.device import LONGEST_NAME, LONGEST_TOKEN, Registration
from shared.domain.push import Platform
from shared.errors import Contention, InvalidRequest, NotFound, StoreUnavailable
from shared.usecases.register_device import register_device, remove_device

router = APIRouter(prefix=f"{BASE}/me/devices", tags=["me"])


class DeviceRequest(Asked):
    """A device to push to, by a token of FCM or by a Firebase installation id."""

    platform: Platform
    token: str | None = Field(None, description="FCM's registration token.", max_length=LONGEST_TOKEN)
    fid: str | None = Field(None, description="The Firebase installation id.", max_length=64)
    name: str | None = Field(None, description="What a person calls it.", max_length=LONGEST_NAME)
    device_id: str | None = Field(
        None, description="An id that the app keeps for as long as it is installed.", max_length=64
    )

    model_config = examples({"platform": "android", "token": "fcm-registration-token", "name": "Ada's phone"})


class DeviceAnswer(Told):
    """What to remove the device by."""

    id: str = Field(examples=["phone-1"])


DevicePath = Annotated[
    str, Path(alias="id", description="What was answered when it was added.", examples=["phone-1"])
]


@router.post("", status_code=201, responses=documented(InvalidRequest, Contention, StoreUnavailable))
async def add_device(request: DeviceRequest, user_id: Caller, wiring: Wired) -> DeviceAnswer:
    """Push to this device from now on. Call it whenever the app starts, and when its token changes."""
    registration = Registration(
        platform=request.platform,
        token=request.token,
        fid=request.fid,
        name=request.name,
        client_device_id=request.device_id,
    )
    device_id = await register_device(user_id, registration, devices=wiring.devices, now=wiring.now)
    return DeviceAnswer(id=device_id)


@router.delete("/{id}", status_code=204, responses=documented(NotFound, Contention, StoreUnavailable))
async def drop_device(device_id: DevicePath, user_id: Caller, wiring: Wired) -> None:
    """Push to it no more, as when the user signs out."""
    await remove_device(user_id, device_id, devices=wiring.devices)
