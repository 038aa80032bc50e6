"""Who is calling: Firebase ID tokens."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import firebase_admin
from firebase_admin import auth
from firebase_admin.exceptions import (
    DeadlineExceededError,
    FirebaseError,
    InvalidArgumentError,
    PermissionDeniedError,
    UnavailableError,
)
from google.auth.exceptions import GoogleAuthError

from shared.domain.account import Account
from shared.domain.bearer import Bearer
from shared.domain.tracking import UserId
from shared.errors import Misconfigured, NotSignedIn, Unavailable

NEVER = datetime(1970, 1, 1, tzinfo=UTC)

KEYS_SECONDS = 10
"""How long Google may take to send its public keys."""


class FirebaseIdentity:
    """Verifies ID tokens against one Firebase project.

    The signature, expiry, audience and issuer are checked as
    https://firebase.google.com/docs/auth/admin/verify-id-tokens describes. The emulator's tokens carry no
    signature; a process that may see real users refuses to run with an emulator (`shared/config.py`).
    """

    def __init__(self, project: str) -> None:
        try:
            self._app = firebase_admin.get_app(project)
        except ValueError:
            options = {"projectId": project, "httpTimeout": KEYS_SECONDS}
            self._app = firebase_admin.initialize_app(options=options, name=project)

    async def user_of(self, token: str) -> UserId:
        """The user whom this token names. It may have been revoked, which no token itself can tell.

        Raises:
            NotSignedIn: the token is malformed, forged, expired, or of another project.
            Unavailable: Google's public keys cannot be had.
        """
        return (await self._verified(token, is_asked=False)).user_id

    async def present_user_of(self, token: str) -> UserId:
        """The same, and Firebase is asked whether the user has signed out since, is disabled, or is no more.

        Raises:
            NotSignedIn: as above, and where one of those is so.
            Unavailable: Google's public keys cannot be had, or Firebase cannot be asked.
        """
        return (await self._verified(token, is_asked=True)).user_id

    async def bearer_of(self, token: str) -> Bearer:
        """As `user_of`, with what else the token says."""
        return await self._verified(token, is_asked=False)

    async def present_bearer_of(self, token: str) -> Bearer:
        """As `present_user_of`, with what else the token says."""
        return await self._verified(token, is_asked=True)

    async def account_of(self, user_id: UserId) -> Account | None:
        """See `AccountStore.account_of`.

        Raises:
            Misconfigured: the function's account may not do this.
            Unavailable: Firebase cannot be asked.
        """
        with _asking("the account cannot be read"):
            try:
                return _account(await asyncio.to_thread(auth.get_user, user_id, self._app))
            except auth.UserNotFoundError:
                return None

    async def delete_account(self, user_id: UserId) -> None:
        """See `AccountStore.delete_account`. Raises as `account_of` does."""
        with _asking("the account cannot be deleted"):
            try:
                await asyncio.to_thread(auth.delete_user, user_id, self._app)
            except auth.UserNotFoundError:
                return

    async def revoke(self, user_id: UserId) -> None:
        """Let no refresh token that the user has be good any more; one who is no more has none.

        Raises:
            Misconfigured: the function's account may not do this.
            Unavailable: Firebase cannot be asked.
        """
        try:
            await asyncio.to_thread(auth.revoke_refresh_tokens, user_id, self._app)
        except auth.UserNotFoundError:
            return
        except PermissionDeniedError as error:
            raise Misconfigured("The function's account needs the role roles/firebaseauth.admin.") from error
        except (FirebaseError, GoogleAuthError) as error:
            raise Unavailable("firebase", "refresh tokens cannot be revoked") from error

    async def _verified(self, token: str, *, is_asked: bool) -> Bearer:
        try:
            # The SDK is synchronous, and fetches Google's keys when those it has have expired.
            claims = await asyncio.to_thread(auth.verify_id_token, token, self._app, is_asked)
        except (auth.RevokedIdTokenError, auth.UserDisabledError, auth.UserNotFoundError) as error:
            raise NotSignedIn("The user has signed out, or may sign in no more.") from error
        except auth.CertificateFetchError as error:
            raise Unavailable("firebase", "the keys to check tokens cannot be fetched") from error
        except auth.ExpiredIdTokenError as error:
            raise NotSignedIn("The ID token has expired. Fetch a new one and try again.") from error
        except (UnavailableError, DeadlineExceededError, PermissionDeniedError, GoogleAuthError) as error:
            raise Unavailable("firebase", "whether the user is signed in cannot be asked") from error
        except (InvalidArgumentError, ValueError, TypeError, RecursionError) as error:
            # The first is what the SDK raises of tokens that do not hold; the last two are how it stumbles
            # over JSON that no token of Firebase's holds.
            raise NotSignedIn("The ID token is not valid for this project.") from error
        except FirebaseError as error:
            raise Unavailable("firebase", "whether the user is signed in cannot be asked") from error
        # The SDK does not look at the expiry of the emulator's tokens.
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= time.time():
            raise NotSignedIn("The ID token has expired. Fetch a new one and try again.")
        user_id = str(claims["uid"])
        if "/" in user_id or user_id in {".", ".."} or (user_id.startswith("__") and user_id.endswith("__")):
            # It would name another document than the user's own, or one that cannot be.
            raise NotSignedIn("The ID token names a user id that cannot be used here.")
        signed_in_at = claims.get("auth_time")
        return Bearer(
            UserId(user_id),
            # One that does not say it counts as long ago.
            _instant(signed_in_at, 1) or NEVER,
            is_admin=claims.get("admin") is True,
        )


@contextmanager
def _asking(what: str) -> Iterator[None]:
    try:
        yield
    except PermissionDeniedError as error:
        raise Misconfigured("The function's account needs the role roles/firebaseauth.admin.") from error
    except (FirebaseError, GoogleAuthError) as error:
        raise Unavailable("firebase", what) from error


def _account(record: auth.UserRecord) -> Account:
    facts = record.user_metadata
    return Account(
        email=record.email,
        is_email_verified=bool(record.email_verified),
        display_name=record.display_name,
        phone_number=record.phone_number,
        photo_url=record.photo_url,
        is_disabled=bool(record.disabled),
        providers=tuple(provider.provider_id for provider in record.provider_data),
        claims=dict(record.custom_claims or {}),
        created_at=_instant(facts.creation_timestamp, 1_000),
        last_signed_in_at=_instant(facts.last_sign_in_timestamp, 1_000),
        last_refreshed_at=_instant(facts.last_refresh_timestamp, 1_000),
    )


def _instant(number: object, per_second: int) -> datetime | None:
    """The instant of a number of seconds or parts of them since 1970, or None where there is none."""
    if not isinstance(number, int | float) or isinstance(number, bool):
        return None
    try:
        return datetime.fromtimestamp(number / per_second, UTC)
    except (OverflowError, OSError, ValueError):
        return None
