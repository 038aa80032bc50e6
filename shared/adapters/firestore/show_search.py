"""Our shows by the terms of their titles. Of `shows/{showKey}` these matter here:

    trigrams        the terms of its titles (`shared/domain/search.py`), written by its sync
    mediaType       "tv" or "movie"
    followerCount   those with most come first; a document without it is not found

What was synced before there were trigrams has none, and is found from its next sync on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import fields_of
from shared.adapters.firestore.reads import Snapshot, found
from shared.domain.alert_preferences import whole_number
from shared.domain.show import MediaType, ShowKey
from shared.domain.show_listing import ShowListing

FIELDS = ("title", "originalTitle", "premiereDate", "posterPath", "ratings", "followerCount")
MOST = 10**9


class HeldShowSearch:
    """The `SearchIndex` of what we hold."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def having_any(
        self, terms: Sequence[str], media_types: Collection[MediaType], limit: int
    ) -> Sequence[ShowListing]:
        """See `SearchIndex.having_any`. A read of each; the most followed come first."""
        query = (
            self._client.collection(paths.SHOWS)
            .where(filter=FieldFilter("mediaType", "in", sorted(media_types)))
            .where(filter=FieldFilter("trigrams", "array_contains_any", list(terms)))
            .order_by("followerCount", direction="DESCENDING")
            .select(FIELDS)
            .limit(limit)
        )
        return [listing for one in await found(query) if (listing := _listing(one)) is not None]


def _listing(snapshot: Snapshot) -> ShowListing | None:
    document = fields_of(snapshot) or {}
    key = paths.show_key(snapshot.reference.path)
    ratings = document.get("ratings")
    rating = ratings.get("tmdb") if isinstance(ratings, Mapping) else None
    return listing_of(key, document, rating if isinstance(rating, Mapping) else {})


def listing_of(
    key: ShowKey | None, document: Mapping[str, Any], rating: Mapping[str, Any]
) -> ShowListing | None:
    """The listing that a document's fields make; None for one without a title."""
    texts = {
        name: value if isinstance(value := document.get(name), str) else None
        for name in ("title", "originalTitle", "premiereDate", "posterPath")
    }
    title = texts["title"] or texts["originalTitle"]
    if key is None or title is None:
        return None
    value = rating.get("value")
    return ShowListing(
        key,
        title=title,
        original_title=texts["originalTitle"],
        premiere_date=texts["premiereDate"],
        poster_path=texts["posterPath"],
        rating=float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None,
        votes=whole_number(rating.get("votes"), 0, MOST) or 0,
        followers=whole_number(document.get("followerCount"), 0, MOST) or 0,
    )
