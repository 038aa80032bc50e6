"""Asking Firebase of a user while it does not answer."""

from collections.abc import Iterator
from typing import Any

import firebase_admin
import pytest

from local.auth_emulator import unsigned_token
from shared.adapters.identity import FirebaseIdentity
from shared.domain.tracking import UserId
from shared.errors import NotSignedIn, Unavailable

pytestmark = pytest.mark.anyio

PROJECT = "tv-present-users"


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> Iterator[FirebaseIdentity]:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    yield FirebaseIdentity(PROJECT)
    firebase_admin.delete_app(firebase_admin.get_app(PROJECT))


async def test_whom_firebase_cannot_be_asked_of_is_not_let_in(identity: FirebaseIdentity) -> None:
    token = unsigned_token(PROJECT, "ada")
    assert await identity.user_of(token) == "ada"
    with pytest.raises(Unavailable):
        await identity.present_user_of(token)


async def test_what_does_not_hold_by_itself_is_not_asked_about(identity: FirebaseIdentity) -> None:
    for token in ("", "a.b.c", unsigned_token("another", "ada")):
        with pytest.raises(NotSignedIn):
            await identity.present_user_of(token)


async def test_a_revocation_that_could_not_be_made_is_told(identity: FirebaseIdentity) -> None:
    with pytest.raises(Unavailable):
        await identity.revoke(UserId("ada"))


async def test_an_account_that_cannot_be_asked_for_is_not_taken_for_none(identity: FirebaseIdentity) -> None:
    with pytest.raises(Unavailable):
        await identity.account_of(UserId("ada"))
    with pytest.raises(Unavailable):
        await identity.delete_account(UserId("ada"))


@pytest.mark.parametrize(
    ("claims", "is_admin", "signed_in_at"),
    [
        ({"auth_time": 1_700_000_000, "admin": True}, True, 1_700_000_000),
        ({"auth_time": 1_700_000_000.5, "admin": "true"}, False, 1_700_000_000.5),
        ({"auth_time": None, "admin": 1}, False, 0),
        ({"auth_time": True, "admin": {}}, False, 0),
        ({"auth_time": "now"}, False, 0),
        ({"auth_time": 1e300}, False, 0),
    ],
)
async def test_what_a_token_says_of_its_bearer(
    identity: FirebaseIdentity, claims: dict[str, Any], is_admin: bool, signed_in_at: float
) -> None:
    bearer = await identity.bearer_of(unsigned_token(PROJECT, "ada", **claims))
    assert (bearer.user_id, bearer.is_admin) == ("ada", is_admin)
    assert bearer.signed_in_at.timestamp() == signed_in_at
