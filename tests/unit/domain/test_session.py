"""Refresh tokens as they are given away and read again, and which sessions stay."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.session import KEPT, MOST_SESSIONS, RefreshToken, Session, SignedIn, kept_beside
from shared.domain.tracking import UserId

NOW = datetime(2026, 7, 24, tzinfo=UTC)
ID = "s" + "0f" * 16
SECRET = bytes(range(32))
TOKEN = RefreshToken(UserId("ada"), ID, SECRET)


@pytest.mark.parametrize("user_id", ["ada", "a.b", "ünïcode", "a" * 128, "...", "__a"])
def test_a_token_is_read_as_it_was_given(user_id: str) -> None:
    token = RefreshToken(UserId(user_id), ID, SECRET)
    assert RefreshToken.parse(str(token)) == token


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "a.b.c",
        str(TOKEN) + "=",
        str(TOKEN) + "\n",
        f" {TOKEN}",
        str(TOKEN)[:-1],
        str(TOKEN)[:-1] + "9",  # bits beyond the last byte
        str(TOKEN).replace(".s0f", ".sXX"),
        str(RefreshToken(UserId("eve/private"), ID, SECRET)),
        str(RefreshToken(UserId(".."), ID, SECRET)),
        str(RefreshToken(UserId("__x__"), ID, SECRET)),
        str(RefreshToken(UserId("a" * 129), ID, SECRET)),
        f"_w.{str(TOKEN).partition('.')[2]}",  # a user id that is no UTF-8
    ],
)
def test_what_nobody_was_given_is_no_token(text: str) -> None:
    assert RefreshToken.parse(text) is None


def test_neither_shows_in_a_log() -> None:
    signed_in = SignedIn(UserId("ada"), "id-token", "refresh-token", 3600)
    assert "token" not in repr(signed_in)
    assert "ada" not in repr(TOKEN)
    assert str(SECRET) not in repr(TOKEN)


def test_what_is_stored_does_not_open_what_is_sealed() -> None:
    other = RefreshToken(UserId("ada"), ID, bytes(32))
    assert len({TOKEN.digest, TOKEN.key.hex(), other.digest, other.key.hex(), SECRET.hex()}) == 5
    session = Session(TOKEN.digest, b"", NOW, NOW)
    assert session.is_opened_by(TOKEN)
    assert not session.is_opened_by(other)
    replaced = session.replaced_by(other, b"new", NOW + KEPT)
    assert replaced == Session(other.digest, b"new", NOW, NOW + KEPT)


@pytest.mark.parametrize(("unused", "is_over"), [(KEPT - timedelta(seconds=1), False), (KEPT, True)])
def test_a_session_ends_when_nobody_uses_it(unused: timedelta, is_over: bool) -> None:
    assert Session("", b"", NOW - 2 * KEPT, NOW - unused).is_over(NOW) is is_over


def test_those_used_last_stay() -> None:
    sessions = {f"s{age}": Session("", b"", NOW, NOW - timedelta(days=age)) for age in range(70)}
    assert list(kept_beside(sessions, NOW)) == [f"s{age}" for age in range(MOST_SESSIONS - 1)]
    old = {"s": Session("", b"", NOW - KEPT, NOW - KEPT)}
    assert kept_beside(old, NOW) == {}
