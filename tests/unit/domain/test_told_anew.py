"""Which changes of an event are told to all followers, and not only to those who have heard of it."""

from dataclasses import replace
from datetime import date

import pytest

from shared.domain.show import ShowKey
from shared.domain.timeline import EventType, TimelineEvent, told_anew

TODAY = date(2026, 7, 20)
EVENT = TimelineEvent(
    event_id="episode_1",
    event_type=EventType.NEW_EPISODE,
    show_key=ShowKey("tv", 1),
    title="Made",
    description="Season 1, episode 1",
    event_date="2026-07-24",
)


@pytest.mark.parametrize(
    ("before", "after", "is_anew"),
    [
        ({}, {"event_date": "2026-07-31"}, False),
        ({}, {"event_date": "2026-07-22"}, False),
        ({}, {"description": "Season 1, episode 1: Pilot"}, False),
        ({}, {"is_withdrawn": True}, False),
        ({"is_withdrawn": True}, {}, True),
        ({"is_withdrawn": True}, {"event_date": "2026-07-31"}, True),
        ({"event_date": "2026-07-20"}, {"event_date": "2026-07-21"}, True),
        ({"event_date": "2026-07-18"}, {"event_date": "2026-07-31"}, True),
        # On Kiritimati it is the 21st already.
        ({"event_date": "2026-07-21"}, {"event_date": "2026-07-31"}, True),
        ({"event_date": "2026-07-22"}, {"event_date": "2026-07-31"}, False),
        ({"event_date": "2026-07-18"}, {"event_date": "2026-07-17"}, False),
        ({"event_date": "2026-07-18"}, {"event_date": "2026-07-18", "title": "Remade"}, False),
        # One that the show has forgotten, as it was long over.
        (None, {"event_date": "2026-07-31"}, True),
    ],
)
def test_an_event_is_told_anew(
    before: dict[str, object] | None, after: dict[str, object], *, is_anew: bool
) -> None:
    known = {} if before is None else {EVENT.event_id: replace(EVENT, **before)}  # type: ignore[arg-type]
    changed = {EVENT.event_id: replace(EVENT, version=2, **after)}  # type: ignore[arg-type]
    assert told_anew(known, changed, TODAY) == (frozenset({EVENT.event_id}) if is_anew else frozenset())


def test_a_new_event_is_told_for_the_first_time_anyway() -> None:
    assert told_anew({}, {EVENT.event_id: EVENT}, TODAY) == frozenset()
