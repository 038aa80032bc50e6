"""What registering devices, and pushing to them, ask of their adapter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.device import Device, DeviceId, Registration
from shared.domain.tracking import UserId


class Devices(Protocol):
    """The devices of all users. Every method may raise `StoreUnavailable`."""

    async def register(self, user_id: UserId, registration: Registration, now: datetime) -> DeviceId:
        """Keep the device, or keep it longer, and take it from everybody else who has its token or `fid`.

        Where several register the same at once, the one that is written last has it when all have returned.
        Where a call dies before it returns, two may have it until one of them registers it again.

        Raises:
            Contention: it was registered by many at the same moment; nothing of this call was written.
        """
        ...

    async def remove(self, user_id: UserId, device_id: DeviceId) -> bool:
        """Push to it no more. False where the user has no such device."""
        ...

    async def of_user(self, user_id: UserId) -> Sequence[Device]:
        """Those to push to, the last seen first, 50 at most."""
        ...

    async def forget(self, device: Device) -> bool:
        """Delete the device if it is as it was read, and say whether it was: one with a new token stays."""
        ...
