"""Users with an account at the Auth emulator, in the project of a test."""

import asyncio
import time
from typing import Any

import httpx
from fastapi import FastAPI
from firebase_admin import auth

from local.auth_emulator import unsigned_token
from tests.emulator.harness import Instance


async def make_account(instance: Instance, user_id: str, **claims: Any) -> None:
    """Make an account with these custom claims."""
    app = instance.identity._app
    email = f"{user_id}@example.com"
    await asyncio.to_thread(auth.create_user, uid=user_id, email=email, display_name="Ada", app=app)
    if claims:
        await asyncio.to_thread(auth.set_custom_user_claims, user_id, claims, app)


async def has_account(instance: Instance, user_id: str) -> bool:
    """Whether there is one."""
    return await instance.identity.account_of(user_id) is not None  # type: ignore[arg-type]  # a plain text


def client_at(
    app: FastAPI, project: str, user_id: str, *, base: str = "/api/v1", signed_in_ago: int = 0, **claims: Any
) -> httpx.AsyncClient:
    """A client of a user who signed in so many seconds ago, with these claims in their token."""
    at = int(time.time()) - signed_in_ago
    token = unsigned_token(project, user_id, auth_time=at, iat=at, **claims)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"http://api{base}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=120,
    )
