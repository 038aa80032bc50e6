"""Which devices a user is pushed to, as their apps say."""

from collections.abc import Callable
from datetime import datetime

from shared.domain.device import DeviceId, Registration, is_device_id
from shared.domain.tracking import UserId
from shared.errors import NotFound
from shared.usecases.device_ports import Devices


async def register_device(
    user_id: UserId, registration: Registration, *, devices: Devices, now: Callable[[], datetime]
) -> DeviceId:
    """Push to this device from now on, and return the id to remove it by.

    An app calls it whenever it starts, when FCM gives it another token, and when somebody signs in: then the
    device is theirs, and nobody else's.

    Raises:
        Contention: the same device is registered by many at the same moment.
        StoreUnavailable: Firestore does not answer. Whatever was written, calling again makes it whole.
    """
    return await devices.register(user_id, registration, now())


async def remove_device(user_id: UserId, device_id: str, *, devices: Devices) -> None:
    """Push to this device no more, as when its user signs out.

    Raises:
        NotFound: the user has no such device, or not any more.
        Contention: it is written by others at the same moment.
        StoreUnavailable: Firestore does not answer.
    """
    if not is_device_id(device_id) or not await devices.remove(user_id, DeviceId(device_id)):
        raise NotFound("You have no such device.")
