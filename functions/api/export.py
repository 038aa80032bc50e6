"""Everything that is held of the user, as one JSON."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import Field
from typing_extensions import TypeAliasType

from functions.api.access import PresentCaller, Wired
from functions.api.limits import Limited
from functions.api.models import BASE, Told
from functions.api.problems import documented
from shared.domain.account import Account
from shared.domain.rate_limit import EXPORT
from shared.errors import Misconfigured, StoreUnavailable, TooManyRequests, UpstreamError
from shared.usecases.export_user import About, Held, export_user

router = APIRouter(prefix=f"{BASE}/me", tags=["me"])

CHUNK_BYTES = 65_536

Plain = TypeAliasType(
    "Plain",
    "bool | int | float | Annotated[str, Field(examples=['Silo'])] | list[Plain] | dict[str, Plain] | None",
)
"""Whatever JSON can say."""

Document = Annotated[
    dict[str, Plain],
    Field(
        description="As it is stored. Times are RFC 3339, bytes base64, references the path of the document;"
        " what is no number is a text."
    ),
]


class AccountAnswer(Told):
    """What Firebase Authentication holds of the user."""

    email: str | None = Field(examples=["ada@example.com"])
    is_email_verified: bool
    display_name: str | None = Field(examples=["Ada"])
    phone_number: str | None = Field(examples=["+436601234567"])
    photo_url: str | None = Field(examples=["https://example.com/ada.jpg"])
    is_disabled: bool
    providers: list[str] = Field(description="What the user signs in by.", examples=[["password"]])
    claims: dict[str, Plain] = Field(description="What the user may do beside what all may.")
    created_at: datetime | None
    last_signed_in_at: datetime | None
    last_refreshed_at: datetime | None

    @classmethod
    def of(cls, account: Account) -> "AccountAnswer":
        """The answer that shows it."""
        return cls(
            email=account.email,
            is_email_verified=account.is_email_verified,
            display_name=account.display_name,
            phone_number=account.phone_number,
            photo_url=account.photo_url,
            is_disabled=account.is_disabled,
            providers=list(account.providers),
            claims=dict(account.claims),
            created_at=account.created_at,
            last_signed_in_at=account.last_signed_in_at,
            last_refreshed_at=account.last_refreshed_at,
        )


class ExportAnswer(Told):
    """Everything that is held of a user."""

    exported_at: datetime
    user_id: str = Field(examples=["Jk3vQ0pXeYgR2mT5"])
    account: AccountAnswer | None
    user: Document | None = Field(description="The user's own document; null where there is none.")
    collections: dict[str, dict[str, Document]] = Field(
        description="All documents by their collections and ids. Of secrets, such as sessions and the tokens"
        " of other services, it says `held` alone. A device's push token is the user's own, and no secret:"
        " only this service can send to it.",
        examples=[
            {
                "tracked_shows": {"tv_1396": {"showKey": "tv_1396", "isFavorite": True}},
                "private": {"sessions": {"held": True}},
            }
        ],
    )
    is_complete: bool = Field(description="True, and the last there is: without it the export broke off.")


@router.get(
    "/export",
    response_model=ExportAnswer,
    responses=documented(StoreUnavailable, Misconfigured, UpstreamError, TooManyRequests),
)
async def export_me(user_id: PresentCaller, wiring: Wired, limits: Limited) -> StreamingResponse:
    """Everything that is held of the user, sent while it is read.

    Where it cannot be gone on with, the connection is cut: what has come by then is no whole JSON.
    """
    await limits.spend(EXPORT, user_id)
    pieces = export_user(user_id, held=wiring.held, accounts=wiring.identity, now=wiring.now)
    # What fails now is answered as a problem yet.
    about = await anext(pieces)
    return StreamingResponse(
        _chunks(about, pieces),
        media_type="application/json",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Disposition": 'attachment; filename="tv-tracker-export.json"',
        },
    )


async def _chunks(about: About | Held, pieces: AsyncIterator[About | Held]) -> AsyncIterator[bytes]:
    """The JSON in parts of some 64 kB, and one document more."""
    chunk = bytearray()
    async with aclosing(_texts(about, pieces)) as texts:  # type: ignore[type-var]
        async for text in texts:
            chunk += text.encode()
            if len(chunk) >= CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
    yield bytes(chunk)


async def _texts(first: About | Held, pieces: AsyncIterator[About | Held]) -> AsyncIterator[str]:
    assert isinstance(first, About)  # noqa: S101 - it is what an export begins with
    account = None if first.account is None else AccountAnswer.of(first.account)
    head = {
        "exportedAt": first.exported_at.isoformat().replace("+00:00", "Z"),
        "userId": first.user_id,
        "account": None if account is None else account.model_dump(mode="json", by_alias=True),
        "user": first.user,
    }
    yield _json(head)[:-1] + ',"collections":{'
    collection: str | None = None
    async for piece in pieces:
        assert isinstance(piece, Held)  # noqa: S101 - nothing else follows
        if piece.collection == collection:
            yield ","
        else:
            yield f"{'' if collection is None else '},'}{_json(piece.collection)}:{{"
            collection = piece.collection
        yield f"{_json(piece.document_id)}:{_json(piece.fields)}"
    yield f'{"" if collection is None else "}"}}},"isComplete":true}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
