"""Whether a service can be reached at all, which spends nothing of what we may ask of it."""

import asyncio
from urllib.parse import urlsplit

SECONDS = 2.0


async def is_reachable(url: str) -> bool:
    """Whether somebody takes a connection there, with a certificate of that name where it is an https one."""
    parts = urlsplit(url)
    is_encrypted = parts.scheme == "https"
    port = parts.port or (443 if is_encrypted else 80)
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, port, ssl=is_encrypted or None)
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError, ValueError):
        # A certificate that does not hold is one of the first kind.
        return False
    return True
