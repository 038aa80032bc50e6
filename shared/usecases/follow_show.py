"""Begin to follow a show, change what is wanted of it, and stop.

Each is one commit: what the user follows, the counts of the show, and the alerts of its events that are
known to come. So whoever is killed has done all of it or nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_delay,
    wait_random_exponential,
)

from shared.domain.alert_plan import for_follower, without_follower
from shared.domain.follow_state import FollowChange, FollowState
from shared.domain.following import Following
from shared.domain.notification import Notification
from shared.domain.show import LAST_ID, ShowKey
from shared.domain.tracking import UserId
from shared.errors import Contention, NotFound
from shared.usecases.alert_ports import FollowStore, NotificationStore
from shared.usecases.request_syncs import request_syncs
from shared.usecases.show_ports import Topics

PATIENCE_SECONDS = 8.0
"""How long is tried again where others change the same documents: a favourite that fifty taps toggle."""

MOST_ALERTS = 400
"""What one commit plans at most, the soonest: it may have 500 writes."""

Edit = Callable[[Following], Following]


@dataclass(frozen=True, slots=True)
class Followed:
    """What is followed now. `changed_alerts` counts what was planned, moved or withdrawn by it."""

    following: Following
    is_new: bool
    changed_alerts: int


def unchanged(following: Following) -> Following:
    """The edit that changes nothing."""
    return following


async def admitted() -> None:
    """Let everything pass."""


async def follow_show(
    user_id: UserId,
    key: ShowKey,
    *,
    edit: Edit = unchanged,
    follows: FollowStore,
    notifications: NotificationStore,
    topics: Topics,
    now: Callable[[], datetime],
    admit: Callable[[], Awaitable[None]] = admitted,
) -> Followed:
    """Follow a show, as `edit` makes it of what is followed so far, or of one followed anew.

    A show that was never synced is asked to be, after `admit`, which may raise; called again it asks again.

    Raises:
        NotFound: TMDB has no such ids.
        Contention: others kept changing the same documents.
        StoreUnavailable, Unavailable: Firestore or Pub/Sub does not answer; the same call goes on.
    """
    if key.tmdb_id > LAST_ID:
        raise NotFound("There is no such show.")
    state, followed = await _settled(user_id, key, edit, follows, notifications, now, may_begin=True)
    if followed.is_new:
        state, followed = await _with_news(state, followed, follows, notifications, now)
    if state.show is None or not state.show.is_synced:
        await admit()
        await request_syncs([key], topics=topics)
    return followed


async def change_following(
    user_id: UserId,
    key: ShowKey,
    *,
    edit: Edit,
    follows: FollowStore,
    notifications: NotificationStore,
    now: Callable[[], datetime],
) -> Followed:
    """Change what is wanted of a show that is followed, and plan its alerts accordingly.

    Raises:
        NotFound: it is not followed.
        Contention, StoreUnavailable: as in `follow_show`.
    """
    _, followed = await _settled(user_id, key, edit, follows, notifications, now, may_begin=False)
    return followed


async def renew_following(
    user_id: UserId,
    key: ShowKey,
    *,
    follows: FollowStore,
    notifications: NotificationStore,
    now: Callable[[], datetime],
) -> Followed | None:
    """Bring a show that is followed in line with what its user now wants of all shows. None: it is not."""
    try:
        _, followed = await _settled(user_id, key, None, follows, notifications, now, may_begin=False)
    except NotFound:
        return None
    return followed


async def unfollow_show(
    user_id: UserId,
    key: ShowKey,
    *,
    follows: FollowStore,
    notifications: NotificationStore,
    now: Callable[[], datetime],
) -> bool:
    """Stop following a show and withdraw what is still to be told of it. False if it was not followed.

    Raises:
        Contention, StoreUnavailable: as in `follow_show`.
    """
    async for attempt in _patiently():
        with attempt:
            state = await follows.state(user_id, key)
            if state.following is None:
                return False
            pending = await notifications.pending_of_show(user_id, key)
            withdrawn = [gone for each in pending if (gone := without_follower(each, now())) is not None]
            await _write(FollowChange(state, None, _soonest(withdrawn)), follows, now())
            return True
    raise AssertionError("tenacity ends with an answer or an error")


async def _settled(
    user_id: UserId,
    key: ShowKey,
    edit: Edit | None,
    follows: FollowStore,
    notifications: NotificationStore,
    now: Callable[[], datetime],
    *,
    may_begin: bool,
) -> tuple[FollowState, Followed]:
    """Store the follow as edited, with its alerts. Without an edit it takes over what the user wants now."""
    async for attempt in _patiently():
        with attempt:
            state = await follows.state(user_id, key)
            before = state.following
            if before is None and not may_begin:
                raise NotFound(f"You do not follow {key}.")
            base = before or Following(user_id, key, user=state.user, followed_at=now())
            following = edit(base) if edit is not None else replace(base, user=state.user)
            changes = await _changes(state, following, notifications, now())
            if following != before or changes:
                await _write(FollowChange(state, following, changes), follows, now())
            return state, Followed(following, is_new=before is None, changed_alerts=len(changes))
    raise AssertionError("tenacity ends with an answer or an error")


async def _write(change: FollowChange, follows: FollowStore, now: datetime) -> None:
    if not await follows.write(change, now):
        raise Contention(f"Others kept changing what {change.state.show_key} is to this user.")


def _patiently() -> AsyncRetrying:
    """Read and try again, later and later, while others are quicker."""
    return AsyncRetrying(
        stop=stop_after_delay(PATIENCE_SECONDS),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        retry=retry_if_exception_type(Contention),
        reraise=True,
    )


async def _with_news(
    state: FollowState,
    followed: Followed,
    follows: FollowStore,
    notifications: NotificationStore,
    now: Callable[[], datetime],
) -> tuple[FollowState, Followed]:
    """The same with what was told of the show while it was being followed.

    A fan-out that looked for followers before this one was there has passed them by.
    """
    after = await follows.state(state.user_id, state.show_key)
    known = None if state.show is None else state.show.events
    if after.show is None or after.show.events == (known or {}):
        return after, followed
    try:
        later, again = await _settled(
            state.user_id, state.show_key, unchanged, follows, notifications, now, may_begin=False
        )
    except NotFound:
        return after, followed  # it was given up again meanwhile
    return later, replace(again, is_new=True, changed_alerts=followed.changed_alerts + again.changed_alerts)


async def _changes(
    state: FollowState, following: Following, notifications: NotificationStore, now: datetime
) -> Sequence[Notification]:
    """The notifications of the show's events that are new or other than they are stored."""
    show = state.show
    if show is None:
        return []
    pending = {
        each.notification_id: each
        for each in await notifications.pending_of_show(following.user_id, following.show_key)
    }
    wanted = [
        event_id
        for event_id, event in show.events.items()
        if event_id not in pending
        and for_follower(None, event, following, show.about, now, is_news=False) is not None
    ]
    stored = await notifications.read(following.user_id, wanted) if wanted else {}
    changes = [
        for_follower(
            pending.get(event_id) or stored.get(event_id),
            show.events[event_id],
            following,
            show.about,
            now,
            is_news=False,
        )
        for event_id in [*wanted, *(event_id for event_id in pending if event_id in show.events)]
    ]
    return _soonest([change for change in changes if change is not None])


def _soonest(notifications: Sequence[Notification]) -> Sequence[Notification]:
    return sorted(notifications, key=lambda each: each.scheduled_for)[:MOST_ALERTS]
