"""What a user has watched of a show.

The marks are in `users/{uid}/episode_tracking/{tmdbShowId}`, which belongs to the apps and is enriched
meanwhile; how far the user is stands in `users/{uid}/tracked_shows/{showKey}`.
"""

import asyncio
from collections.abc import Mapping

from google.cloud.firestore_v1 import SERVER_TIMESTAMP, AsyncClient
from google.cloud.firestore_v1.types import Write
from google.protobuf.struct_pb2 import NULL_VALUE

from shared.adapters.firestore import paths
from shared.adapters.firestore.calls import commit, fields_of
from shared.adapters.firestore.reads import existing
from shared.adapters.firestore.tracked_shows import FollowDocuments
from shared.domain.next_episode import Progress
from shared.domain.season import ShowId
from shared.domain.show import ShowKey
from shared.domain.tracking import TrackingKey, UserId
from shared.domain.watched_marks import EpisodeKey, MarkChange, WatchedState

READ_AT_ONCE = 4


class WatchedMarkDocuments:
    """The `WatchedMarks` on Firestore."""

    def __init__(self, client: AsyncClient, follows: FollowDocuments) -> None:
        self._client = client
        self._follows = follows

    async def state(self, user_id: UserId, key: ShowKey) -> WatchedState:
        """See `WatchedMarks.state`. Two reads."""
        path = _path(user_id, key)
        tracked, follows = await asyncio.gather(
            existing(self._client, [path], ["episodes"]), self._follows.follows_of([(user_id, key)])
        )
        held = (fields_of(tracked[path]) or {}).get("episodes") if path in tracked else None
        return WatchedState.of(user_id, held, follows.get((user_id, key)))

    async def write(self, key: ShowKey, change: MarkChange) -> bool:
        """See `WatchedMarks.write`. One commit of at most two writes."""
        user_id, following = change.state.user_id, change.state.following
        batch = self._client.batch()
        if change.count:
            batch._add_write_pbs([self._marks(_path(user_id, key), change)])  # noqa: SLF001 - see _marks
        if change.moves and following is not None:
            season, episode = change.last_watched or (None, None)
            batch.update(
                self._client.document(paths.tracked_show(user_id, key)),
                {"lastWatchedSeason": season, "lastWatchedEpisode": episode, "updatedAt": SERVER_TIMESTAMP},
                option=self._client.write_option(last_update_time=following.version),
            )
        return not (change.count or change.moves) or await commit(batch) is not None

    async def progress(
        self, user_id: UserId, said: Mapping[ShowKey, EpisodeKey | None]
    ) -> Mapping[ShowKey, Progress]:
        """See `WatchedMarks.progress`. A document can have a megabyte: few are held at a time."""
        keys, progress = list(said), {}
        for start in range(0, len(keys), READ_AT_ONCE):
            some = {_path(user_id, key): key for key in keys[start : start + READ_AT_ONCE]}
            snapshots = await existing(self._client, some, ["episodes"])
            for path, key in some.items():
                held = (fields_of(snapshots[path]) or {}).get("episodes") if path in snapshots else None
                progress[key] = Progress.of(held, said[key])
        return progress

    def _marks(self, path: str, change: MarkChange) -> Write:
        """The update of these fields alone; the document is made where there is none, to mark something.

        The client's own `update` parses every field path several times over, 0.1 ms each.
        """
        write = Write()
        message = Write.pb(write)
        message.update.name = f"{self._client._database_string}/documents/{path}"  # noqa: SLF001
        if not change.marked:
            message.current_document.exists = True  # one that was deleted meanwhile has no marks to take away
        episodes = message.update.fields["episodes"].map_value.fields
        for (season, number), at in change.marked.items():
            values = episodes[f"{season}_{number}"].map_value.fields
            values["watched"].boolean_value = True
            values["watchedAt"].timestamp_value.FromDatetime(at)
        for season, number in change.unmarked:
            values = episodes[f"{season}_{number}"].map_value.fields
            values["watched"].boolean_value = False
            values["watchedAt"].null_value = NULL_VALUE
        for key in episodes:
            message.update_mask.field_paths.extend(
                [f"episodes.`{key}`.watched", f"episodes.`{key}`.watchedAt"]
            )
        return write


def _path(user_id: UserId, key: ShowKey) -> str:
    return paths.tracking(TrackingKey(user_id, ShowId(key.tmdb_id)))
