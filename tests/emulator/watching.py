"""What the tests of watching share: shows with seasons, and a user who follows them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.cloud.firestore_v1 import AsyncClient

from shared.adapters.firestore import paths, show_fields
from shared.domain.follow_state import FollowChange
from shared.domain.following import Following
from shared.domain.season import SeasonNumber
from shared.domain.show import ShowFacts, ShowKey, ShowStatus
from shared.domain.show_record import SeasonRecord, ShowRecord
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.tracking import UserId
from shared.domain.version import Version
from tests.emulator.harness import Instance

ADA, EVE = UserId("ada"), UserId("eve")
NOW = datetime.now(UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)

Days = Mapping[int, date | None]
"""The episodes of a season by number, and the day of each."""


async def hold(firestore: AsyncClient, key: ShowKey, seasons: Mapping[int, Days], **fields: Any) -> None:
    """Store a show with these seasons and the events of them, as a sync does."""
    records, events, batch = {}, {}, firestore.batch()
    for n, days in seasons.items():
        number = SeasonNumber(n)
        episodes = tuple(
            EpisodeFacts(n * 1_000 + one, one, f"Name {one}", None if day is None else day.isoformat())
            for one, day in days.items()
        )
        facts = SeasonFacts(number, n, None, None, None, episodes)
        first = min((one.air_date for one in episodes if one.air_date), default=None)
        records[number] = SeasonRecord(
            facts.digest, len(episodes), None, first, facts.latest_air_date, facts.is_incomplete, NOW, NOW
        )
        for one in episodes:
            if one.air_date is not None and one.air_date >= (TODAY - 14 * DAY).isoformat():
                events[f"episode_{one.episode_id}"] = TimelineEvent(
                    *(f"episode_{one.episode_id}", EventType.NEW_EPISODE, key, "Show", "x", one.air_date),
                    episode_id=one.episode_id,
                )
        batch.set(firestore.document(paths.show_season(key, number)), show_fields.season_fields(facts))
    record = ShowRecord(
        ShowFacts(key, f"Show {key.tmdb_id}", None, ShowStatus.RETURNING, poster_path="/p.jpg"),
        ShowStatus.RETURNING,
        seasons=records,
        events=events,
        version=Version(None),
    )
    batch.set(firestore.document(paths.show(key)), {**show_fields.show_fields(record), **fields}, merge=True)
    await batch.commit()


async def follow(instance: Instance, *keys: ShowKey, last: tuple[int, int] | None = None) -> None:
    """Let Ada follow these, and say that she is so far."""
    for key in keys:
        state = await instance.follows.state(ADA, key)
        following = Following(ADA, key, last_watched=last, followed_at=NOW)
        assert await instance.follows.write(FollowChange(state, following, []), NOW)
