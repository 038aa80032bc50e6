"""Users at the Auth emulator, signed up as an app signs them up."""

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
