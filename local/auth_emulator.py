"""Users at the Auth emulator, signed up as an app signs them up."""

import base64
import json
import time

import httpx

KEY = "any"
"""The emulator takes whatever stands for an API key."""


def sign_up(auth_host: str, email: str, password: str = "correct horse battery") -> tuple[str, str]:  # noqa: S107
    """Make a user, and return the user's id and an ID token.

    https://firebase.google.com/docs/reference/rest/auth#section-create-email-password
    """
    answer = httpx.post(
        f"http://{auth_host}/identitytoolkit.googleapis.com/v1/accounts:signUp",
        params={"key": KEY},
        json={"email": email, "password": password, "returnSecureToken": True},
        timeout=30,
    )
    answer.raise_for_status()
    user = answer.json()
    return user["localId"], user["idToken"]


def sign_in(auth_host: str, email: str, password: str = "correct horse battery") -> str:  # noqa: S107
    """An ID token of a user who signed up.

    https://firebase.google.com/docs/reference/rest/auth#section-sign-in-email-password
    """
    answer = httpx.post(
        f"http://{auth_host}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword",
        params={"key": KEY},
        json={"email": email, "password": password, "returnSecureToken": True},
        timeout=30,
    )
    answer.raise_for_status()
    token: str = answer.json()["idToken"]
    return token


def make_admin(auth_host: str, project: str, user_id: str) -> None:
    """Give a user the claim `admin`, which is in the tokens that are issued from then on.

    https://firebase.google.com/docs/auth/admin/custom-claims
    """
    answer = httpx.post(
        f"http://{auth_host}/identitytoolkit.googleapis.com/v1/projects/{project}/accounts:update",
        headers={"Authorization": "Bearer owner"},
        json={"localId": user_id, "customAttributes": '{"admin":true}'},
        timeout=30,
    )
    answer.raise_for_status()


def unsigned_token(project: str, user_id: str, *, expires_in: int = 3600, **more: object) -> str:
    """An ID token as the emulator issues them, well-formed and unsigned, for a user who need not exist.

    It says `more` too, such as the claims that a user was given.
    """
    now = int(time.time())
    claims = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "sub": user_id,
        "iat": now,
        "auth_time": now,
        "exp": now + expires_in,
        "firebase": {"identities": {}, "sign_in_provider": "custom"},
        **more,
    }
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return "".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") + "." for part in parts
    )
