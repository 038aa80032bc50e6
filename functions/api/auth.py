"""Signing in by e-mail address and password, for apps that do not use the Firebase SDK."""

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, SecretStr, field_validator

from functions.api.access import Caller, Wired
from functions.api.limits import Limited
from functions.api.models import BASE, Asked, Told, examples
from functions.api.problems import documented
from shared.domain.profile import LONGEST_USERNAME, is_username
from shared.domain.rate_limit import LOG_IN, REFRESH, REGISTER
from shared.domain.session import KEPT, LONGEST_TOKEN, RefreshToken, SignedIn
from shared.errors import (
    AlreadyExists,
    InvalidRequest,
    Misconfigured,
    NotAllowed,
    SessionOver,
    StoreError,
    TooManyRequests,
    UpstreamError,
    WrongCredentials,
)

ROUTES = f"{BASE}/auth"
COOKIE = "__session"
"""The one cookie that Firebase Hosting passes on: https://firebase.google.com/docs/hosting/manage-cache"""

router = APIRouter(prefix=ROUTES, tags=["sign-in"])

Place = Literal["cookie", "body"]

_ANY = (Misconfigured, StoreError, TooManyRequests, UpstreamError, InvalidRequest)


class LoginRequest(Asked):
    """Who signs in."""

    email: str = Field(max_length=254, pattern=r"^[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")
    password: SecretStr = Field(min_length=1, max_length=4_096)
    refresh_token_in: Place = Field(
        "cookie",
        description="Where the refresh token is given: for the web in a cookie that no script reads, or in"
        " the answer's body.",
    )

    model_config = examples({"email": "ada@example.com", "password": "correct horse battery"})

    @field_validator("password")
    @classmethod
    def _is_text(cls, password: SecretStr) -> SecretStr:
        # JSON can hold halves of characters, which cannot be sent on.
        if not _is_sendable(password.get_secret_value()):
            raise ValueError("must be text")
        return password


class RegisterRequest(LoginRequest):
    """Who registers. How strong a password must be is the Firebase project's to say."""

    username: str | None = Field(
        None, description="What others may see.", min_length=1, max_length=LONGEST_USERNAME
    )

    model_config = examples(
        {"email": "ada@example.com", "password": "correct horse battery", "username": "Ada"}
    )

    @field_validator("username")
    @classmethod
    def _is_username(cls, name: str | None) -> str | None:
        if name is not None and not is_username(name):
            raise ValueError("must have a letter or sign that shows, and none for control")
        return name


class RefreshRequest(Asked):
    """The refresh token, if it is not in the cookie."""

    refresh_token: SecretStr | None = Field(
        None, description="Left out: the cookie has it.", min_length=1, max_length=LONGEST_TOKEN
    )

    model_config = examples({}, {"refreshToken": "YWRh.s0f1e2d3c4b5a69788796a5b4c3d2e1f0.c2VjcmV0"})


class SignedInAnswer(Told):
    """What a user goes on with."""

    user_id: str = Field(examples=["QmDBsjW8Y2ZQxDbrHJ4wcGLEPGz1"])
    id_token: str = Field(
        description="Send it as `Authorization: Bearer <token>`.",
        examples=["eyJhbGci….eyJpc3Mi….c2lnbmF0"],
    )
    expires_in_seconds: int = Field(description="How long the ID token is good.", examples=[3600])
    refresh_token: str | None = Field(
        description="For one `POST /auth/refresh`, which gives the next. Null: it is in the cookie.",
        examples=["YWRh.s0f1e2d3c4b5a69788796a5b4c3d2e1f0.c2VjcmV0"],
    )


@router.post(
    "/register", status_code=201, responses=documented(*_ANY, AlreadyExists, NotAllowed, is_public=True)
)
async def register(
    request: RegisterRequest, response: Response, wiring: Wired, limits: Limited
) -> SignedInAnswer:
    """Make an account, and sign its user in."""
    await limits.spend(REGISTER, None)
    signed_in, token = await wiring.sign_ins.register(
        request.email, request.password.get_secret_value(), request.username
    )
    return _answer(response, signed_in, token, request.refresh_token_in)


@router.post("/login", responses=documented(*_ANY, WrongCredentials, NotAllowed, is_public=True))
async def log_in(request: LoginRequest, response: Response, wiring: Wired, limits: Limited) -> SignedInAnswer:
    """Sign a user in. Whether it is the address or the password that is wrong is not told."""
    await limits.spend(LOG_IN, f"{request.email.strip().casefold()} {limits.address or ''}")
    signed_in, token = await wiring.sign_ins.log_in(request.email, request.password.get_secret_value())
    return _answer(response, signed_in, token, request.refresh_token_in)


async def _cookie(request: Request) -> RefreshToken | None:
    """The refresh token in the cookie. The web app may have one of the same name, for another path."""
    return next(filter(None, map(RefreshToken.parse, _values(request))), None)


def _values(request: Request) -> Iterator[str]:
    for header in request.headers.getlist("Cookie"):
        for pair in header.split(";"):
            name, _, value = pair.partition("=")
            if name.strip() == COOKIE:
                yield value.strip()


@router.post("/refresh", responses=documented(*_ANY, SessionOver, is_public=True))
async def refresh(
    request: RefreshRequest,
    response: Response,
    wiring: Wired,
    limits: Limited,
    in_cookie: Annotated[RefreshToken | None, Depends(_cookie)],
) -> SignedInAnswer:
    """Get a new ID token, and the next refresh token where this one was.

    A refresh token is good once. One that comes a second time may have been stolen: the user has to sign in
    again. An app that is open in several tabs lets one of them refresh (`navigator.locks`).
    """
    # A page of another site can send the cookie (not with SameSite=Strict), but no JSON without asking first.
    given = request.refresh_token
    token = in_cookie if given is None else RefreshToken.parse(given.get_secret_value())
    await limits.spend(REFRESH, None)
    if token is None:
        raise SessionOver("There is no refresh token that can be read. Sign in.")
    signed_in, following = await wiring.sign_ins.refresh(token)
    return _answer(response, signed_in, following, "cookie" if given is None else "body")


@router.post("/logout", status_code=204, responses=documented(Misconfigured, StoreError, UpstreamError))
async def log_out(user_id: Caller, response: Response, wiring: Wired) -> None:
    """Sign the user out on every device: no refresh token of theirs is good any more, nor one of the SDK's.

    The ID tokens that are out there go on until they expire, within the hour.
    """
    await wiring.sign_ins.log_out(user_id)
    response.delete_cookie(COOKIE, path=ROUTES, secure=True, httponly=True, samesite="strict")


def _is_sendable(text: str) -> bool:
    """Whether it can be sent: not with half a character in it."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _answer(response: Response, signed_in: SignedIn, token: RefreshToken, place: Place) -> SignedInAnswer:
    response.headers["Cache-Control"] = "private, no-store"
    if place == "cookie":
        response.set_cookie(
            COOKIE,
            str(token),
            max_age=int(KEPT.total_seconds()),
            path=ROUTES,
            secure=True,
            httponly=True,
            samesite="strict",
        )
    return SignedInAnswer(
        user_id=signed_in.user_id,
        id_token=signed_in.id_token,
        expires_in_seconds=signed_in.expires_in,
        refresh_token=str(token) if place == "body" else None,
    )
