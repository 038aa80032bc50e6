"""Which ID tokens are believed: real signatures, and Google's keys served on loopback. No emulator."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import firebase_admin
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.adapters.identity import FirebaseIdentity
from shared.errors import NotSignedIn, Unavailable
from tests.unit.adapters.tokens import (
    KEY_ID,
    Keys,
    certificate,
    claims_of,
    new_key,
    segment,
    serving_keys,
    signed,
    signed_with_the_public_key,
    unsigned,
    write_service_account,
)

KEY, OTHER_KEY = new_key(), new_key()
CERTIFICATE = certificate(KEY)
PROJECTS = (f"tv-{number}" for number in itertools.count(1))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Keys]:
    """Google's keys. Every test is a project of its own, because the SDK keeps what it has fetched."""
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    write_service_account(tmp_path / "account.json", "any", KEY)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    with serving_keys(json.dumps({KEY_ID: CERTIFICATE})) as serving:
        monkeypatch.setattr("firebase_admin._token_gen.ID_TOKEN_CERT_URI", serving.url)
        yield serving


@pytest.fixture
def project() -> Iterator[str]:
    name = next(PROJECTS)
    yield name
    if name in firebase_admin._apps:
        firebase_admin.delete_app(firebase_admin.get_app(name))


@pytest.fixture
def identity(project: str) -> FirebaseIdentity:
    return FirebaseIdentity(project)


def in_seconds(seconds: int) -> int:
    return int(time.time()) + seconds


@pytest.mark.anyio
@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("uid", ["alice", "a" * 128, "ünïcode", "a.b", "..."])
async def test_a_valid_token_names_its_user(identity: FirebaseIdentity, project: str, uid: str) -> None:
    assert await identity.user_of(signed(KEY, claims_of(project, sub=uid))) == uid


Forge = Callable[[str], str]


def with_claims(**changed: object) -> Forge:
    return lambda project: signed(KEY, claims_of(project, **changed))


def with_header(key: rsa.RSAPrivateKey = KEY, **changed: object) -> Forge:
    return lambda project: signed(key, claims_of(project), **changed)


def exactly(token: str) -> Forge:
    return lambda _project: token


@pytest.mark.anyio
@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(with_header(OTHER_KEY), id="signed by another key"),
        pytest.param(with_header(kid="key-2"), id="an unknown key's name"),
        pytest.param(with_header(kid=None), id="no key's name"),
        pytest.param(with_header(alg="RS512"), id="another algorithm's name"),
        pytest.param(lambda project: unsigned(claims_of(project)), id="the emulator's, without signature"),
        pytest.param(
            lambda project: unsigned(claims_of(project), {"alg": "none", "kid": KEY_ID}),
            id="alg none with a good key's name",
        ),
        pytest.param(
            lambda project: signed_with_the_public_key(CERTIFICATE, claims_of(project)),
            id="HS256 with the public key as its secret",
        ),
        pytest.param(
            lambda project: signed(KEY, claims_of(project)).rsplit(".", 1)[0] + ".", id="signature cut off"
        ),
        pytest.param(
            lambda project: (
                signed(KEY, claims_of(project)).split(".")[0]
                + f".{segment(claims_of(project, sub='mallory'))}."
                + signed(KEY, claims_of(project)).split(".")[2]
            ),
            id="claims changed after signing",
        ),
        pytest.param(with_claims(exp=in_seconds(-1), iat=in_seconds(-3600)), id="expired"),
        pytest.param(with_claims(exp=None), id="no expiry"),
        pytest.param(with_claims(iat=None), id="no time of issue"),
        pytest.param(with_claims(iat=in_seconds(86_400)), id="issued in the future"),
        pytest.param(with_claims(exp="tomorrow"), id="an expiry that is no time"),
        pytest.param(with_claims(aud="another-project"), id="for another project"),
        pytest.param(with_claims(aud=["another-project"]), id="for a list of projects"),
        pytest.param(with_claims(iss="https://securetoken.google.com/another"), id="by another issuer"),
        pytest.param(with_claims(iss="https://accounts.google.com"), id="a Google account's"),
        pytest.param(with_claims(sub=None), id="no subject"),
        pytest.param(with_claims(sub=""), id="an empty subject"),
        pytest.param(with_claims(sub=7), id="a subject that is a number"),
        pytest.param(with_claims(sub="a" * 129), id="a subject that is too long"),
        pytest.param(with_claims(sub="alice/episode_tracking/1/x/bob"), id="a user id with slashes"),
        pytest.param(with_claims(sub=".."), id="a user id that climbs"),
        pytest.param(with_claims(sub="."), id="a user id that stays"),
        pytest.param(exactly(""), id="empty"),
        pytest.param(exactly("garbage"), id="garbage"),
        pytest.param(exactly("a.b.c"), id="garbage of three parts"),
        pytest.param(exactly("é.\udcff.c"), id="garbage that is no ASCII"),
        pytest.param(exactly("." * 1000), id="dots"),
        pytest.param(exactly(unsigned([], {"alg": "RS256", "kid": KEY_ID})), id="claims that are a list"),
        pytest.param(exactly(unsigned(None)), id="claims that are null"),
        pytest.param(exactly(unsigned({}, [1])), id="a header that is a list"),
        pytest.param(exactly(unsigned(b"[" * 30_000)), id="claims nested too deep to read"),
        pytest.param(exactly(unsigned({"v": 0, "d": None}, {"alg": "HS256"})), id="a legacy token's shape"),
        pytest.param(exactly(unsigned(b"\xff\xfe", {"alg": "RS256"})), id="claims that are no text"),
    ],
)
async def test_a_token_that_does_not_hold_is_refused(
    identity: FirebaseIdentity, project: str, forge: Forge
) -> None:
    token = forge(project)

    with pytest.raises(NotSignedIn) as raised:
        await identity.user_of(token)

    assert not token or token not in str(raised.value)


@pytest.mark.anyio
@pytest.mark.usefixtures("keys")
async def test_an_expired_token_is_told_from_a_wrong_one(identity: FirebaseIdentity, project: str) -> None:
    expired = signed(KEY, claims_of(project, iat=in_seconds(-7200), exp=in_seconds(-3600)))

    with pytest.raises(NotSignedIn, match="expired"):
        await identity.user_of(expired)


@pytest.mark.anyio
async def test_keys_are_fetched_once(identity: FirebaseIdentity, project: str, keys: Keys) -> None:
    for uid in ("alice", "bob", "carol"):
        await identity.user_of(signed(KEY, claims_of(project, sub=uid)))

    assert keys.fetched == 1


@pytest.mark.anyio
async def test_keys_that_cannot_be_fetched_are_not_the_callers_fault(
    identity: FirebaseIdentity, project: str, keys: Keys
) -> None:
    keys.status = 503
    with pytest.raises(Unavailable):
        await identity.user_of(signed(KEY, claims_of(project)))

    keys.status = 200
    assert await identity.user_of(signed(KEY, claims_of(project))) == "alice"


@pytest.mark.anyio
@pytest.mark.usefixtures("keys")
async def test_no_connection_is_not_the_callers_fault(monkeypatch: pytest.MonkeyPatch, project: str) -> None:
    monkeypatch.setattr("firebase_admin._token_gen.ID_TOKEN_CERT_URI", "http://127.0.0.1:1/certs")

    with pytest.raises(Unavailable):
        await FirebaseIdentity(project).user_of(signed(KEY, claims_of(project)))


def test_fetching_keys_is_bounded_in_time(identity: FirebaseIdentity, project: str) -> None:
    assert identity
    assert firebase_admin.get_app(project).options.get("httpTimeout") == 10


def test_a_second_identity_of_a_project_is_no_error(identity: FirebaseIdentity, project: str) -> None:
    assert FirebaseIdentity(project)._app is identity._app


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("changed", "is_believed"),
    [
        pytest.param({}, True, id="a good one"),
        pytest.param({"exp": in_seconds(-1)}, False, id="expired, which the SDK does not look at"),
        pytest.param({"exp": None}, False, id="no expiry"),
        pytest.param({"exp": "never"}, False, id="an expiry that is no time"),
        pytest.param({"sub": "alice/x"}, False, id="a user id with a slash"),
    ],
)
async def test_the_emulators_tokens_are_checked_but_for_the_signature(
    monkeypatch: pytest.MonkeyPatch, project: str, changed: dict[str, object], is_believed: bool
) -> None:
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    token = unsigned(claims_of(project, **changed))

    if is_believed:
        assert await FirebaseIdentity(project).user_of(token) == "alice"
    else:
        with pytest.raises(NotSignedIn):
            await FirebaseIdentity(project).user_of(token)
