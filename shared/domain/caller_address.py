"""Which network address a request came from, as far as that cannot be made up.

Cloud Run appends the address that has connected to it to `X-Forwarded-For`: the last entry is true, and all
before it is whatever the caller has sent. Through Firebase Hosting a front end of Google's connects,
the same for many, and the caller stands in `Fastly-Client-IP`, which Hosting's edge writes over. The function
is open to direct calls too, in which that header can be forged: it counts only where the last entry is one of
Google's front ends. Measured by others, and not written down by Google:
https://github.com/gamedevpl/www.gamedev.pl/pull/1146
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_FRONT_ENDS = tuple(
    ip_network(network)
    for network in (
        "64.233.160.0/19",
        "66.102.0.0/20",
        "66.249.64.0/19",
        "72.14.192.0/18",
        "74.125.0.0/16",
        "108.177.0.0/17",
        "142.250.0.0/15",
        "172.217.0.0/16",
        "172.253.0.0/16",
        "173.194.0.0/16",
        "192.178.0.0/15",
        "209.85.128.0/17",
        "216.58.192.0/19",
        "216.239.32.0/19",
        "2001:4860::/32",
        "2404:6800::/32",
        "2607:f8b0::/32",
        "2800:3f0::/32",
        "2a00:1450::/32",
        "2c0f:fb50::/32",
    )
)
"""Google's own addresses without those that its cloud lends to customers, who could connect from them:
https://support.google.com/a/answer/10026322. One that is missing here makes its callers share one limit."""

HOUSEHOLD_BITS = 64
"""An IPv6 caller has a whole network of that size, and could come from another address each time."""


def caller_address(*, connected: str | None, forwarded_for: str | None, edge_says: str | None) -> str | None:
    """The caller's address, or for IPv6 their network; None where none is known.

    Args:
        connected: what has connected to the process.
        forwarded_for: `X-Forwarded-For`, all of it.
        edge_says: `Fastly-Client-IP`.
    """
    last = (forwarded_for or "").rpartition(",")[2]
    peer = _address(last) or _address(connected)
    if peer is not None and any(peer in network for network in _FRONT_ENDS):
        peer = _address(edge_says) or peer
    match peer:
        case IPv6Address():
            return str(IPv6Network((peer, HOUSEHOLD_BITS), strict=False))
        case IPv4Address():
            return str(peer)
        case None:
            return None


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address((text or "").strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
