"""What a notification says. English; apps that speak other languages find the facts in its data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shared.domain.alert_preferences import AlertKind
from shared.domain.timeline import EventType, TimelineEvent

LONGEST_DIGEST = 5
"""So many alerts a digest names; the others it counts."""

_STATUSES = {
    "returning": "is coming back",
    "in_production": "is in production",
    "planned": "is planned",
    "pilot": "has a pilot in the making",
    "ended": "has ended",
    "canceled": "has been cancelled",
    "post_production": "is in post-production",
    "released": "has been released",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A title and what stands below it."""

    title: str
    body: str


def text_of(event: TimelineEvent, kind: AlertKind) -> Text:
    """What the notification of an event says on any day."""
    return Text(event.title, _body(event, kind))


def _body(event: TimelineEvent, kind: AlertKind) -> str:
    match kind:
        case AlertKind.STATUS:
            status = _STATUSES.get(str(event.details.get("to")))
            return f"{event.title} {status}" if status else event.description
        case AlertKind.RELEASE:
            return "Released"
        case AlertKind.WHOLE_SEASON:
            is_one = len(event.seasons) == 1
            return f"The whole season: {event.description}" if is_one else event.description
        case AlertKind.PREMIERE:
            is_first = event.event_type is EventType.SERIES_PREMIERE
            return f"{'Series' if is_first else 'Season'} premiere: {event.description}"
        case AlertKind.FINALE:
            is_last = event.event_type is EventType.SERIES_FINALE
            return f"{'Series' if is_last else 'Season'} finale: {event.description}"
    return event.description


def with_day(body: str, kind: AlertKind, event_date: str, today: date) -> str:
    """The body with how far off the day is, as it is seen on that day in the user's zone.

    The day of a status is when we learned of it, which says nothing to anybody.
    """
    if kind is AlertKind.STATUS:
        return body
    day = date.fromisoformat(event_date)
    days = (day - today).days
    near: Mapping[int, str] = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return f"{body} ({near[days]})"
    return f"{body} ({day:%A})" if 0 < days < 7 else f"{body} ({day.day} {day:%B})"


def digest_of(texts: Sequence[Text]) -> Text:
    """One text for many alerts of a user, in the order in which they are given."""
    titles = list(dict.fromkeys(text.title for text in texts))
    title = titles[0] if len(titles) == 1 else f"{len(texts)} alerts of {len(titles)} shows"
    lines = [text.body if len(titles) == 1 else f"{text.title}: {text.body}" for text in texts]
    if len(lines) > LONGEST_DIGEST:
        lines = [*lines[: LONGEST_DIGEST - 1], f"and {len(lines) - LONGEST_DIGEST + 1} more"]
    return Text(title, "\n".join(lines))
