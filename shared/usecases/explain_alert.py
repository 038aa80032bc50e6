"""Why a user was alerted of an event, or was not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain.alert_plan import for_follower
from shared.domain.alerts import Due, Later, Silence, Timetable, due, kind_of, last_check, wanted
from shared.domain.notification import Notification
from shared.domain.season import ShowId
from shared.domain.tracking import TrackingKey, UserId
from shared.domain.watched import Watched
from shared.errors import NotFound
from shared.usecases.alert_ports import EventStore, FollowStore, NotificationStore, WatchedStore


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was decided, if anything was, and what would be decided now.

    `notification` is None where none was ever planned. `now` is "pending", "later" (quiet hours), or the
    reason why nothing would be told (`Silence`); `by` are the wishes that say so.
    """

    event_id: str
    notification: Notification | None
    now: str
    by: Mapping[str, Any]


async def explain_alert(
    user_id: UserId,
    event_id: str,
    *,
    events: EventStore,
    follows: FollowStore,
    notifications: NotificationStore,
    watched: WatchedStore,
    now: Callable[[], datetime],
) -> Explanation:
    """Tell what decided on a user's alert of an event.

    Raises:
        NotFound: there is no such event.
        StoreUnavailable: Firestore does not answer.
    """
    stored = await events.read(event_id)
    if stored is None:
        raise NotFound("There is no such event.")
    event, kind, at = stored.event, kind_of(stored.event), now()
    state = await follows.state(user_id, event.show_key)
    existing = (await notifications.read(user_id, [event_id])).get(event_id)
    following = state.following
    asked = Silence.WITHDRAWN if event.is_withdrawn else wanted(kind, following)
    if following is None or isinstance(asked, Silence):
        return Explanation(event_id, existing, str(asked), {})
    timetable = Timetable.of(following)
    by = {
        "switch": asked.switch,
        "saidBy": asked.said_by,
        "onlyWithinEpisodes": following.only_within_episodes,
        **timetable.as_fields(),
    }
    when: Due | Silence = due(event.event_date, timetable, at, is_news=True)
    if isinstance(when, Silence):
        return Explanation(event_id, existing, when.value, by)
    about = state.show.about if state.show is not None else None
    planned = existing
    if planned is None and about is not None:
        planned = for_follower(None, event, following, about, at, is_news=True)
    if planned is None:
        return Explanation(event_id, existing, "pending", by)
    key = TrackingKey(user_id, ShowId(event.show_key.tmdb_id))
    seen = await watched.watched([key]) if event.show_key.media_type == "tv" else {}
    verdict = last_check(
        kind,
        planned.subject,
        when.lapses_at,
        following=following,
        watched=replace(seen.get(key, Watched()), last=following.last_watched),
        now=at,
    )
    match verdict:
        case Silence():
            return Explanation(event_id, existing, verdict.value, by)
        case Later():
            return Explanation(event_id, existing, "later", by)
    return Explanation(event_id, existing, "pending", by)
