"""Firebase Authentication's REST API: https://firebase.google.com/docs/reference/rest/auth

What it says of accounts is told on with care. Without e-mail enumeration protection it says which address has
no account, and of a disabled account that it is, before it looks at the password. Here that is one answer.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from shared.adapters.http import Answer, Patience, ServiceClient, Share
from shared.domain.session import SignedIn, is_user_id
from shared.domain.tracking import UserId
from shared.errors import (
    AlreadyExists,
    AppError,
    InvalidRequest,
    Malformed,
    Misconfigured,
    NotAllowed,
    Rejected,
    SessionOver,
    TooManyRequests,
    UpstreamError,
    WrongCredentials,
)

SERVICE = "firebase"
ACCOUNTS_URL = "https://identitytoolkit.googleapis.com/v1"
TOKENS_URL = "https://securetoken.googleapis.com/v1"

ONCE = Patience(attempts=1)
"""A registration whose answer was lost would be refused if made again, as an address that has an account, and
each attempt at a password counts. The person is there to try again."""

TOO_OFTEN_SECONDS = 60
"""Firebase does not say when it takes another attempt."""

_WRONG = "There is no account with this address and password that may sign in."
_OVER = "The session is over. Sign in again."
_WEAK = "is weaker than this project takes; use a longer one"


class Refused(Rejected):
    """Firebase refuses, with a code of its own."""

    def __init__(self, code: str) -> None:
        super().__init__(SERVICE, code)
        self.code = code


def accounts_client(
    *,
    api_key: str,
    emulator_host: str | None,
    share: Share,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ServiceClient:
    """The HTTP client for accounts."""
    return _client(ACCOUNTS_URL, api_key, emulator_host, share, ONCE, transport)


def tokens_client(
    *,
    api_key: str,
    emulator_host: str | None,
    share: Share,
    transport: httpx.AsyncBaseTransport | None = None,
) -> ServiceClient:
    """The HTTP client for tokens."""
    return _client(TOKENS_URL, api_key, emulator_host, share, Patience(), transport)


def _client(
    url: str,
    api_key: str,
    emulator_host: str | None,
    share: Share,
    patience: Patience,
    transport: httpx.AsyncBaseTransport | None,
) -> ServiceClient:
    return ServiceClient(
        service=SERVICE,
        # The emulator has the real host in its paths: https://firebase.google.com/docs/emulator-suite/connect_auth
        base_url=f"http://{emulator_host}/{url.removeprefix('https://')}" if emulator_host else url,
        # In a header the key is in no address, and so in no log. It is no secret, but nobody's business.
        headers={"Accept": "application/json", "X-Goog-Api-Key": api_key},
        share=share,
        patience=patience,
        transport=transport,
        read_error=read_error,
    )


class FirebaseAccounts:
    """The `Accounts` at Firebase."""

    def __init__(self, accounts: ServiceClient, tokens: ServiceClient) -> None:
        self._accounts = accounts
        self._tokens = tokens

    async def register(self, email: str, password: str) -> SignedIn:
        """See `Accounts.register`."""
        body = {"email": email, "password": password, "returnSecureToken": True}
        try:
            return _signed_in(await self._accounts.post("/accounts:signUp", body=body))
        except Refused as refused:
            raise _not_registered(refused) from refused

    async def sign_in(self, email: str, password: str) -> SignedIn:
        """See `Accounts.sign_in`."""
        body = {"email": email, "password": password, "returnSecureToken": True}
        try:
            return _signed_in(await self._accounts.post("/accounts:signInWithPassword", body=body))
        except Refused as refused:
            raise _not_signed_in(refused) from refused

    async def renew(self, refresh_token: str) -> SignedIn:
        """See `Accounts.renew`."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            return _renewed(await self._tokens.post_form("/token", form=form))
        except Refused as refused:
            raise _not_renewed(refused) from refused


def read_error(status: int, body: object) -> UpstreamError | None:
    """The error that Firebase means: a code, or a code and a sentence after a colon."""
    error = body.get("error") if isinstance(body, Mapping) else None
    message = error.get("message") if isinstance(error, Mapping) else None
    if isinstance(message, str) and message.startswith("API key"):
        return Refused("API_KEY_INVALID")
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
        return None
    code = message.partition(" : ")[0].strip() if isinstance(message, str) else ""
    return Refused(code) if code.replace("_", "").isalnum() and code.isupper() else None


def _not_registered(refused: Refused) -> AppError:
    match refused.code:
        case "EMAIL_EXISTS":
            return AlreadyExists("This address has an account already. Sign in with it.")
        case "INVALID_EMAIL" | "MISSING_EMAIL":
            return InvalidRequest(
                "The request is not as it must be.", (("email", "must be an e-mail address"),)
            )
        case "WEAK_PASSWORD" | "MISSING_PASSWORD" | "PASSWORD_DOES_NOT_MEET_REQUIREMENTS":
            return InvalidRequest("The request is not as it must be.", (("password", _WEAK),))
        case "ADMIN_ONLY_OPERATION":
            return NotAllowed("Nobody may register here by themselves.")
        case _:
            return _elsewhere(refused)


def _not_signed_in(refused: Refused) -> AppError:
    match refused.code:
        case (
            "INVALID_LOGIN_CREDENTIALS"
            | "EMAIL_NOT_FOUND"
            | "INVALID_PASSWORD"
            | "INVALID_EMAIL"
            | "MISSING_EMAIL"
            | "MISSING_PASSWORD"
            | "USER_DISABLED"
        ):
            return WrongCredentials(_WRONG)
        case _:
            return _elsewhere(refused)


def _not_renewed(refused: Refused) -> AppError:
    match refused.code:
        case (
            "INVALID_REFRESH_TOKEN"
            | "MISSING_REFRESH_TOKEN"
            | "TOKEN_EXPIRED"
            | "USER_DISABLED"
            | "USER_NOT_FOUND"
            | "PROJECT_NUMBER_MISMATCH"
        ):
            return SessionOver(_OVER)
        case _:
            return _elsewhere(refused)


def _elsewhere(refused: Refused) -> AppError:
    """What any of its calls can be refused for."""
    match refused.code:
        case "TOO_MANY_ATTEMPTS_TRY_LATER":
            return TooManyRequests("Too many attempts. Try again later.", retry_after=TOO_OFTEN_SECONDS)
        case "OPERATION_NOT_ALLOWED" | "PASSWORD_LOGIN_DISABLED" | "CONFIGURATION_NOT_FOUND":
            return Misconfigured("Signing in by password is not switched on in this project's console.")
        case "API_KEY_INVALID":
            return Misconfigured("Firebase does not take the key in FIREBASE_WEB_API_KEY.")
        case _:
            return refused


def _signed_in(answer: Answer) -> SignedIn:
    body = _object(answer)
    if "mfaPendingCredential" in body:
        raise NotAllowed("This account has a second factor: sign in with the Firebase SDK.")
    return _made(body, "localId", "idToken", "refreshToken", "expiresIn", body.get("email"))


def _renewed(answer: Answer) -> SignedIn:
    return _made(_object(answer), "user_id", "id_token", "refresh_token", "expires_in", None)


def _made(
    body: Mapping[str, Any], user_id: str, id_token: str, refresh_token: str, expires_in: str, email: object
) -> SignedIn:
    try:
        made = SignedIn(
            UserId(body[user_id]),
            id_token=body[id_token],
            refresh_token=body[refresh_token],
            expires_in=int(body[expires_in]),
            email=email if isinstance(email, str) else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(SERVICE, "the answer has not all that it should") from error
    texts = (made.user_id, made.id_token, made.refresh_token)
    if not all(isinstance(text, str) and text for text in texts) or not is_user_id(made.user_id):
        raise Malformed(SERVICE, "the answer is not of the kind it should be")
    return made


def _object(answer: Answer) -> Mapping[str, Any]:
    if not answer.is_found:
        raise Misconfigured("Firebase Authentication is not switched on in this project.")
    if not isinstance(answer.body, dict):
        raise Malformed(SERVICE, "the answer is no object")
    return answer.body
