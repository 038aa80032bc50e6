"""Where a request comes from, whatever it says of itself."""

import pytest

from shared.domain.caller_address import caller_address

CALLER, FORGED, FRONT_END = "203.0.113.7", "198.51.100.9", "74.125.210.40"


@pytest.mark.parametrize(
    ("forwarded_for", "edge_says", "address"),
    [
        pytest.param(CALLER, None, CALLER, id="called directly"),
        pytest.param(f"{FORGED}, {CALLER}", None, CALLER, id="directly, with a forged entry before"),
        pytest.param(f"{FORGED},{CALLER}", FORGED, CALLER, id="directly, with a forged header of the edge"),
        pytest.param(f"{FRONT_END}, {CALLER}", FORGED, CALLER, id="directly, as if through a front end"),
        pytest.param(f"{CALLER},{FRONT_END}", CALLER, CALLER, id="through Hosting"),
        pytest.param(f"{CALLER}, 2607:f8b0::5", CALLER, CALLER, id="through Hosting, by IPv6"),
        pytest.param(
            f"{FORGED},{CALLER},{FRONT_END}", CALLER, CALLER, id="through Hosting, with a forged entry"
        ),
        pytest.param(f"{CALLER},{FRONT_END}", None, FRONT_END, id="a front end that says nothing"),
        pytest.param(f"{CALLER},{FRONT_END}", "nonsense", FRONT_END, id="a front end that says nonsense"),
        pytest.param(
            "34.1.2.3", FORGED, "34.1.2.3", id="from a machine in Google's cloud, which anyone can rent"
        ),
        pytest.param(None, FORGED, "127.0.0.1", id="no proxy"),
        pytest.param("", None, "127.0.0.1", id="an empty header"),
        pytest.param(f"{CALLER},unknown", None, "127.0.0.1", id="an entry that is no address"),
        pytest.param("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64", id="a household by IPv6"),
        pytest.param("2001:db8:1:2::9", None, "2001:db8:1:2::/64", id="the same household"),
        pytest.param(f"::ffff:{CALLER}", None, CALLER, id="IPv4 written as IPv6"),
        pytest.param("fe80::1%eth0", None, "fe80::/64", id="with a zone"),
    ],
)
def test_the_address_cannot_be_made_up(
    forwarded_for: str | None, edge_says: str | None, address: str
) -> None:
    found = caller_address(connected="127.0.0.1", forwarded_for=forwarded_for, edge_says=edge_says)
    assert found == address


def test_none_is_known_of_what_has_none() -> None:
    assert caller_address(connected=None, forwarded_for=None, edge_says=FORGED) is None
    assert caller_address(connected="testclient", forwarded_for=None, edge_says=None) is None
