"""What users follow, at `users/{uid}/tracked_shows/{showKey}`.

    uid, showKey, tmdbId, mediaType
    isFavorite
    isSilenced, notify…, onlyWithinEpisodes    what the user wants otherwise of this show (`ShowWishes`)
    lastWatchedSeason, lastWatchedEpisode      how far the user is, where an app keeps no more than that
    user                                       a copy of what the user wants of all shows (`UserAlerts`)
    followedAt, updatedAt

To follow is one commit: this document, the list in the user's own, the show's counts and the alerts that are
planned by it. The show's counts are added to and not set, so that many may follow one show at once.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from google.cloud.firestore_v1 import SERVER_TIMESTAMP, ArrayRemove, ArrayUnion, AsyncClient, Increment
from google.cloud.firestore_v1.async_batch import AsyncWriteBatch
from google.cloud.firestore_v1.async_query import AsyncQuery
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.types import WriteResult

from shared import usage
from shared.adapters.firestore import paths
from shared.adapters.firestore.bulk import MOST_WRITES
from shared.adapters.firestore.calls import BOUNDED, commit, fields_of, translated
from shared.adapters.firestore.followed_shows import followed_show
from shared.adapters.firestore.held_shows import holding
from shared.adapters.firestore.notifications import put_of
from shared.adapters.firestore.reads import Snapshot, existing, found, version_of
from shared.domain.alert_preferences import ShowWishes, UserAlerts, whole_number
from shared.domain.follow_state import FollowChange, FollowedShow, FollowState
from shared.domain.following import Following
from shared.domain.notification import Notification
from shared.domain.show import ShowKey, ShowStatus
from shared.domain.tracking import UserId

logger = logging.getLogger(__name__)

MOST_NOTIFICATIONS = MOST_WRITES - 4
"""What one commit takes beside the follow itself, the user, the show and the list of all that is held."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When TMDB was last asked for a show that was not synced yet: so it is found as long unseen, and is synced
also where the message that asks for it is lost."""

BASE_PRIORITY = 1
"""The `syncPriority` of a show that is wanted, without those who follow it."""

MOST_EPISODES = 999_999


class FollowDocuments:
    """The `FollowStore`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def state(self, user_id: UserId, key: ShowKey) -> FollowState:
        """See `FollowStore.state`. Three reads."""
        wanted = [paths.user(user_id), paths.tracked_show(user_id, key), paths.show(key)]
        references = [self._client.document(path) for path in wanted]
        usage.count(reads=len(references))
        with translated():
            snapshots = {
                snapshot.reference.path: snapshot
                async for snapshot in self._client.get_all(references, **BOUNDED)
            }
        user, tracked, show = (snapshots[path] for path in wanted)
        return FollowState(
            user_id,
            key,
            user=UserAlerts.of(fields_of(user) or {}),
            user_version=version_of(user) if user.exists else None,
            following=_following(tracked) if tracked.exists else None,
            show=followed_show(show),
        )

    async def write(self, change: FollowChange, now: datetime) -> bool:
        """See `FollowStore.write`. Of too many notifications for one commit it takes the soonest."""
        batch = self._client.batch()
        begins, ends = change.state.following is None, change.following is None
        self._put_following(batch, change, now)
        if begins != ends:
            self._put_user(batch, change.state, is_followed=begins, now=now)
            place_of_show = len(batch)
            self._put_show(batch, change.state, is_followed=begins, now=now)
        notifications = _soonest(change.notifications)
        batch._add_write_pbs([put_of(self._client, one) for one in notifications])  # noqa: SLF001
        results = await commit(batch)
        if results is not None and ends and not begins and change.state.show is not None:
            await self._settle(change.state.show, change.state.show_key, results[place_of_show])
        return results is not None

    async def followers(self, key: ShowKey, after: UserId | None, limit: int) -> Sequence[Following]:
        """See `FollowStore.followers`. One read each; fewer than `limit` are the last ones."""
        followers: list[Following] = []
        # Each has one such document, so in the order of the paths is in the order of the users.
        last = None if after is None else paths.tracked_show(after, key)
        while len(followers) < limit:
            asked = limit - len(followers)
            query = (
                self._client.collection_group(paths.TRACKED_SHOWS)
                .where(filter=FieldFilter("showKey", "==", str(key)))
                .order_by("__name__")
                .limit(asked)
            )
            if last is not None:
                query = query.start_after({"__name__": self._client.document(last)})
            snapshots = await found(query)
            read = _readable(snapshots)
            followers += [following for following in read if following.show_key == key]
            if len(snapshots) < asked:
                break
            last = snapshots[-1].reference.path
        return followers

    async def follows_of(
        self, keys: Collection[tuple[UserId, ShowKey]]
    ) -> Mapping[tuple[UserId, ShowKey], Following]:
        """See `FollowStore.follows_of`. A read for each key."""
        snapshots = await existing(self._client, [paths.tracked_show(*key) for key in keys])
        followed = _readable(list(snapshots.values()))
        return {(following.user_id, following.show_key): following for following in followed}

    async def followed_by(self, user_id: UserId, after: ShowKey | None, limit: int) -> Sequence[Following]:
        """See `FollowStore.followed_by`. Fewer than `limit` are the last ones."""
        query = (
            self._client.document(paths.user(user_id)).collection(paths.TRACKED_SHOWS).order_by("__name__")
        )
        return await self._page_of(user_id, query, after, limit)

    async def favorites_of(self, user_id: UserId, after: ShowKey | None, limit: int) -> Sequence[Following]:
        """See `FollowStore.favorites_of`. Fewer than `limit` are the last ones."""
        query = (
            self._client.document(paths.user(user_id))
            .collection(paths.TRACKED_SHOWS)
            .where(filter=FieldFilter("isFavorite", "==", True))
            .order_by("__name__")
        )
        return await self._page_of(user_id, query, after, limit)

    async def _page_of(
        self, user_id: UserId, query: AsyncQuery, after: ShowKey | None, limit: int
    ) -> Sequence[Following]:
        """Of a query in the order of the paths. What cannot be read is passed over, and made up for."""
        followed: list[Following] = []
        last = None if after is None else paths.tracked_show(user_id, after)
        while len(followed) < limit:
            asked = limit - len(followed)
            page = query.limit(asked)
            if last is not None:
                page = page.start_after({"__name__": self._client.document(last)})
            snapshots = await found(page)
            followed += _readable(snapshots)
            if len(snapshots) < asked:
                break
            last = snapshots[-1].reference.path
        return followed

    def _put_following(self, batch: AsyncWriteBatch, change: FollowChange, now: datetime) -> None:
        before, following = change.state.following, change.following
        reference = self._client.document(paths.tracked_show(change.state.user_id, change.state.show_key))
        if before is None:
            if following is not None:
                batch.create(reference, _fields(following, now))
            return
        option = self._client.write_option(last_update_time=before.version)
        if following is None:
            batch.delete(reference, option=option)
        else:
            batch.update(reference, _fields(following, now), option=option)

    def _put_user(
        self, batch: AsyncWriteBatch, state: FollowState, *, is_followed: bool, now: datetime
    ) -> None:
        reference = self._client.document(paths.user(state.user_id))
        keys = [str(state.show_key)]
        if not is_followed:
            if state.user_version is not None:
                fields = {"followedShows": ArrayRemove(keys), "updatedAt": SERVER_TIMESTAMP}
                batch.update(reference, fields)
            return
        fields = {"followedShows": ArrayUnion(keys), "updatedAt": SERVER_TIMESTAMP}
        if state.user_version is None:
            batch.create(reference, {**fields, "createdAt": now})
            return
        # Preferences that are changed just now would be missing in the copy for ever.
        batch.update(reference, fields, option=self._client.write_option(last_update_time=state.user_version))

    def _put_show(
        self, batch: AsyncWriteBatch, state: FollowState, *, is_followed: bool, now: datetime
    ) -> None:
        key, show = state.show_key, state.show
        if show is None and not is_followed:
            return
        reference = self._client.document(paths.show(key))
        if show is None:
            batch.create(reference, _unsynced_fields(key, now))
        elif (fields := _exact_counts(show, is_followed=is_followed)) is not None:
            option = self._client.write_option(last_update_time=show.version)
            batch.update(reference, fields, option=option)
        else:
            step = Increment(1 if is_followed else -1)
            held = {"isFollowed": True} if is_followed else {}
            batch.update(reference, {"followerCount": step, "syncPriority": step, **held})
        if is_followed and (show is None or _may_be_retired(show)):
            batch.set(self._client.document(paths.HELD_SHOWS), holding([key]), merge=True)

    async def _settle(self, show: FollowedShow, key: ShowKey, result: WriteResult) -> None:
        """Where the last followers left at once, each thought that others remain.

        Whoever is killed before this leaves a show that is synced as a followed one until it is retired.
        """
        if _exact_counts(show, is_followed=False) is not None:
            return
        if result.transform_results[0].integer_value > 0:
            return
        batch = self._client.batch()
        option = self._client.write_option(last_update_time=result.update_time)
        batch.update(self._client.document(paths.show(key)), {"isFollowed": False}, option=option)
        await commit(batch)


def _may_be_retired(show: FollowedShow) -> bool:
    """Whether it may have left the list of all that is held, or be leaving it."""
    return show.followers <= 0 or show.sync_priority <= 0


def _exact_counts(show: FollowedShow, *, is_followed: bool) -> dict[str, Any] | None:
    """The counts where the show becomes wanted or is wanted no more, to be written under its version.

    None where one more or less decides nothing. A show that is not followed keeps the base priority, by which
    it is found once nobody has followed it for long.
    """
    if is_followed and _may_be_retired(show):
        followers = max(show.followers, 0) + 1
        priority = max(show.sync_priority, BASE_PRIORITY) + 1
        return {"followerCount": followers, "syncPriority": priority, "isFollowed": True}
    if not is_followed and show.followers <= 1:
        priority = max(show.sync_priority - 1, BASE_PRIORITY)
        return {"followerCount": 0, "syncPriority": priority, "isFollowed": False}
    return None


def _unsynced_fields(key: ShowKey, now: datetime) -> dict[str, Any]:
    """A show's document that has only what following needs; its first sync adds the rest."""
    return {
        "mediaType": key.media_type,
        "tmdbId": key.tmdb_id,
        "title": None,
        "status": ShowStatus.UNKNOWN.value,
        "syncPriority": BASE_PRIORITY + 1,
        "isFollowed": True,
        "followerCount": 1,
        "createdAt": now,
        "lastSyncedAt": NEVER,
    }


def _soonest(notifications: Sequence[Notification]) -> Sequence[Notification]:
    if len(notifications) <= MOST_NOTIFICATIONS:
        return notifications
    logger.warning("of %d notifications the soonest %d are written", len(notifications), MOST_NOTIFICATIONS)
    return sorted(notifications, key=lambda one: one.scheduled_for)[:MOST_NOTIFICATIONS]


def _fields(following: Following, now: datetime) -> dict[str, Any]:
    season, episode = following.last_watched or (None, None)
    return {
        "uid": following.user_id,
        "showKey": str(following.show_key),
        "tmdbId": following.show_key.tmdb_id,
        "mediaType": following.show_key.media_type,
        "isFavorite": following.is_favorite,
        **following.wishes.as_fields(),
        "lastWatchedSeason": season,
        "lastWatchedEpisode": episode,
        "user": following.user.as_fields(),
        "followedAt": following.followed_at or now,
        "updatedAt": SERVER_TIMESTAMP,
    }


def _readable(snapshots: Sequence[Snapshot]) -> list[Following]:
    return [one for snapshot in snapshots if (one := _following(snapshot)) is not None]


def _following(snapshot: Snapshot) -> Following | None:
    """What a document says is followed. What is of no use in it is as by default; None at no such path."""
    keys = paths.tracked_show_key(snapshot.reference.path)
    if keys is None:
        return None
    document = fields_of(snapshot) or {}
    user, followed_at = document.get("user"), document.get("followedAt")
    season = whole_number(document.get("lastWatchedSeason"), 0, MOST_EPISODES)
    episode = whole_number(document.get("lastWatchedEpisode"), 0, MOST_EPISODES)
    return Following(
        *keys,
        is_favorite=document.get("isFavorite") is True,
        wishes=ShowWishes.of(document),
        user=UserAlerts.of(user if isinstance(user, Mapping) else {}),
        last_watched=None if season is None or episode is None else (season, episode),
        followed_at=followed_at if isinstance(followed_at, datetime) else None,
        version=version_of(snapshot),
    )
