"""Ask for shows to be synced: a message each, which `show_sync` is called with."""

from collections.abc import Iterable

from shared.domain.delivery import Outgoing
from shared.domain.message import ShowSync
from shared.domain.show import ShowKey
from shared.usecases.show_ports import Topics

TOPIC = "show-sync"


async def request_syncs(keys: Iterable[ShowKey], *, topics: Topics) -> None:
    """Publish a message for each of `keys`. Asking twice for one does no harm.

    Raises:
        Unavailable: Pub/Sub does not answer; some may be asked for by then.
    """
    await topics.publish(TOPIC, [Outgoing(ShowSync(show_key=key).encode()) for key in keys])
