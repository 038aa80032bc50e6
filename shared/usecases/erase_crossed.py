"""What whoever makes documents for users does after it has written: erase what crossed an erasure."""

from datetime import datetime

from shared.domain.erasure import OVERLAP
from shared.usecases.erase_ports import Erasures, HeldOfUser


async def erase_crossed(began_at: datetime, *, erasures: Erasures, held: HeldOfUser) -> int:
    """Erase what was made for users whose erasure has begun meanwhile, and return how much it was.

    `began_at` is when the caller began, before it read whom to write for. One read where nobody is being
    erased. An erasure writes down first that it begins, and looks last whether anything is left. So what was
    written before that look is found by it, and of what was written later the erasure is found here.

    Raises:
        StoreUnavailable: Firestore does not answer.
    """
    crossed = await erasures.begun_since(began_at - OVERLAP)
    return await held.erase_unsolicited(list(crossed)) if crossed else 0
