"""What TMDB found for a search, at `found_shows/{showKey}`, for later searches that are spelled otherwise.

mediaType, title, originalTitle, premiereDate, posterPath
rating     `value` and `votes`, TMDB's
votes      the same again, to order by
trigrams   the terms of its titles
expireAt   a month after it was found

They are no shows of ours: neither synced nor followed, and whoever follows one makes a document of its own in
`shows`. So nothing that is followed ever expires.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from google.cloud.firestore_v1 import AsyncClient
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import commit, fields_of
from shared.adapters.firestore.reads import Snapshot, found
from shared.adapters.firestore.show_search import listing_of
from shared.domain.search import terms as terms_of
from shared.domain.show import MediaType
from shared.domain.show_listing import ShowListing

KEPT_FOR = timedelta(days=30)


class FoundShowDocuments:
    """The `FoundShows`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def having_any(
        self, terms: Sequence[str], media_types: Collection[MediaType], limit: int
    ) -> Sequence[ShowListing]:
        """See `SearchIndex.having_any`. A read of each; those with the most votes come first."""
        query = (
            self._client.collection(paths.FOUND_SHOWS)
            .where(filter=FieldFilter("mediaType", "in", sorted(media_types)))
            .where(filter=FieldFilter("trigrams", "array_contains_any", list(terms)))
            .order_by("votes", direction="DESCENDING")
            .limit(limit)
        )
        return [listing for one in await found(query) if (listing := _listing(one)) is not None]

    async def keep(self, listings: Collection[ShowListing], *, now: datetime) -> None:
        """See `FoundShows.keep`. One commit, a write for each."""
        batch = self._client.batch()
        for listing in listings:
            batch.set(
                self._client.document(paths.found_show(listing.key)),
                {
                    "mediaType": listing.key.media_type,
                    "title": listing.title,
                    "originalTitle": listing.original_title,
                    "premiereDate": listing.premiere_date,
                    "posterPath": listing.poster_path,
                    "rating": {"value": listing.rating, "votes": listing.votes},
                    "votes": listing.votes,
                    "trigrams": terms_of(listing.title, listing.original_title),
                    "expireAt": now + KEPT_FOR,
                },
            )
        await commit(batch)


def _listing(snapshot: Snapshot) -> ShowListing | None:
    document = fields_of(snapshot) or {}
    rating = document.get("rating")
    key = paths.found_show_key(snapshot.reference.path)
    return listing_of(key, document, rating if isinstance(rating, Mapping) else {})
