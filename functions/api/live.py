"""Whether the API lives, for whoever watches it from outside."""

from typing import Literal

from fastapi import APIRouter

from functions.api.models import Told
from functions.api.problems import documented

router = APIRouter(prefix="/api", tags=["live"])


class LiveAnswer(Told):
    """It lives."""

    status: Literal["ok"]


@router.get("/live", responses=documented(is_public=True))
async def read_live() -> LiveAnswer:
    """It lives. Nothing is looked at, and nothing more is told."""
    return LiveAnswer(status="ok")
