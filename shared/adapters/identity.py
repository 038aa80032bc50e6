"""Who is calling: Firebase ID tokens."""

import asyncio
import time

import firebase_admin
from firebase_admin import auth
from firebase_admin.exceptions import FirebaseError

from shared.domain.tracking import UserId
from shared.errors import NotSignedIn, Unavailable

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
        """The user whom this token names.

        Raises:
            NotSignedIn: the token is malformed, forged, expired, or of another project.
            Unavailable: Google's public keys cannot be had.
        """
        try:
            # The SDK is synchronous, and fetches Google's keys when those it has have expired.
            claims = await asyncio.to_thread(auth.verify_id_token, token, self._app)
        except auth.CertificateFetchError as error:
            raise Unavailable("firebase", "the keys to check tokens cannot be fetched") from error
        except auth.ExpiredIdTokenError as error:
            raise NotSignedIn("The ID token has expired. Fetch a new one and try again.") from error
        except (FirebaseError, ValueError, TypeError, RecursionError) as error:
            # The last two are how the SDK stumbles over JSON that no token of Firebase's holds.
            raise NotSignedIn("The ID token is not valid for this project.") from error
        # The SDK does not look at the expiry of the emulator's tokens.
        if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= time.time():
            raise NotSignedIn("The ID token has expired. Fetch a new one and try again.")
        user_id = str(claims["uid"])
        if "/" in user_id or user_id in {".", ".."} or (user_id.startswith("__") and user_id.endswith("__")):
            # It would name another document than the user's own, or one that cannot be.
            raise NotSignedIn("The ID token names a user id that cannot be used here.")
        return UserId(user_id)
