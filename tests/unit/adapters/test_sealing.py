"""What is sealed for a refresh token, and who opens it."""

from dataclasses import replace

import pytest

from shared.adapters.sealing import SealedByToken, new_token
from shared.domain.session import RefreshToken
from shared.domain.tracking import UserId

TOKEN = new_token(UserId("ada"), None)
SEALING = SealedByToken()


def test_only_its_token_opens_it() -> None:
    sealed = SEALING.seal("Firebase's token", TOKEN)
    assert SEALING.unseal(sealed, TOKEN) == "Firebase's token"
    assert b"Firebase" not in sealed
    assert SEALING.seal("Firebase's token", TOKEN) != sealed
    for other in (
        new_token(UserId("ada"), TOKEN.session_id),
        replace(TOKEN, user_id=UserId("eve")),
        replace(TOKEN, session_id=f"s{'0' * 32}"),
    ):
        assert SEALING.unseal(sealed, other) is None


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(100)])
def test_what_was_not_sealed_opens_for_nobody(sealed: bytes) -> None:
    assert SEALING.unseal(sealed, TOKEN) is None


def test_no_two_tokens_are_the_same_and_each_is_read_again() -> None:
    tokens = [new_token(UserId("ada"), None) for _ in range(100)]
    assert len({token.session_id for token in tokens}) == len({token.secret for token in tokens}) == 100
    assert [RefreshToken.parse(str(token)) for token in tokens] == tokens
    assert new_token(UserId("ada"), TOKEN.session_id).session_id == TOKEN.session_id
