"""Answers that apps may keep: their `ETag`, for how long, and 304 where the app has it already."""

import hashlib
from typing import Annotated, Any

from fastapi import Depends, Header
from starlette.responses import Response

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "It is what the app has: the `ETag` that it sent is of this answer."}
}
"""What a route says of it in the OpenAPI document."""


class Revalidation:
    """What the app says it has."""

    def __init__(
        self,
        if_none_match: Annotated[
            str | None,
            Header(description="The `ETag` of the answer that the app has.", examples=['"5f3a9c"']),
        ] = None,
    ) -> None:
        self._held = if_none_match

    def answer(self, body: str, *, max_age: int) -> Response:
        """The answer with that JSON, or 304 where the app has it.

        It is for this user alone, and good for `max_age` seconds; with 0 the app asks whether it still is.
        """
        content = body.encode()
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {
            "ETag": tag,
            "Cache-Control": f"private, max-age={max_age}" if max_age else "private, no-cache",
            "Vary": "Authorization",
        }
        if _names(self._held or "", tag):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="application/json", headers=headers)


Cached = Annotated[Revalidation, Depends()]
"""How a route answers what apps may keep."""


def _names(held: str, tag: str) -> bool:
    """Whether a list of tags has this one. Compared as weak ones, as RFC 9110, section 13.1.2 says."""
    tags = [one.strip().removeprefix("W/") for one in held.split(",")]
    return tag in tags or tags == ["*"]
