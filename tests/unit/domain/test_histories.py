"""What really changed from week to week, replayed: recorded states of seasons, one after the other."""

import itertools
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.tmdb.translate_show import full_season
from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowKey, ShowStatus
from shared.domain.show_changes import absorb
from shared.domain.show_record import FetchedShow, ShowRecord, seasons_to_ask, seasons_to_ask_further
from shared.domain.show_season import SeasonChanges, SeasonFacts, diff
from shared.domain.timeline import TimelineEvent
from tests.recordings import WHERE, recordings_folder

# The recordings hold no file of a season that is not there; their README tells when it was not.
ABSENT = {
    125988: {"20260715T0000": 4},
    198178: {"20260816T1000": 2},
    283151: {"20260821T2300": 0},
    296206: {"20260715T0000": 0},
}

State = Mapping[SeasonNumber, SeasonFacts]


@dataclass
class Replay:
    """A show as it becomes known, sync by sync."""

    show_id: int
    record: ShowRecord | None = None
    changes: Counter[str] = field(default_factory=Counter)
    versions: int = 0

    def sync(self, state: State, now: datetime) -> None:
        """One sync of the show as it is now."""
        # Seasons before the recorded ones are known to exist; what is in them is not.
        numbers = {*state, *(SeasonNumber(number) for number in range(1, max(state, default=0)))}
        listed = tuple(
            ListedSeason(
                number, None, None, None, len(state[number].episodes) if number in state else None, None
            )
            for number in sorted(numbers)
        )
        facts = ShowFacts(ShowKey("tv", self.show_id), "Show", None, ShowStatus.RETURNING, seasons=listed)
        first = seasons_to_ask(self.record, now)
        asked = {*first, *seasons_to_ask_further(self.record, listed, first)} & (state.keys() | self._known())
        fetched = {number: season for number, season in state.items() if number in asked}
        outcome = absorb(self.record, FetchedShow(facts, frozenset(asked), fetched), now)
        self.versions += len(outcome.changed_events)
        self.record = replace(outcome.record, unpublished=frozenset())  # they are published

    def events(self) -> dict[str, TimelineEvent]:
        assert self.record is not None
        return dict(self.record.events)

    def contents(self) -> dict[str, TimelineEvent]:
        """The events but for their versions."""
        return {event_id: replace(event, version=0) for event_id, event in self.events().items()}

    def _known(self) -> set[SeasonNumber]:
        return set() if self.record is None else set(self.record.seasons)


def count_of(season: SeasonFacts | None) -> int | None:
    return None if season is None else len(season.episodes)


def states(folder: Path, show_id: int) -> list[tuple[datetime, State]]:
    """The show at each recorded time."""
    by_time: dict[str, dict[SeasonNumber, SeasonFacts | None]] = {}
    for path in sorted((folder / "tmdb" / "history" / "tv" / str(show_id) / "season").glob("*/*.json")):
        number = SeasonNumber(int(path.parent.name))
        by_time.setdefault(path.stem, {})[number] = full_season(number, json.loads(path.read_text()))
    for time, absent in ABSENT.get(show_id, {}).items():
        by_time.setdefault(time, {})[SeasonNumber(absent)] = None
    now: dict[SeasonNumber, SeasonFacts] = {}
    found: list[tuple[datetime, State]] = []
    for time, seasons in sorted(by_time.items()):
        for number, season in seasons.items():
            if season is None:
                now.pop(number, None)
            else:
                now[number] = season
        found.append((datetime.strptime(time, "%Y%m%dT%H%M").replace(tzinfo=UTC), dict(now)))
    return found


def changes_of(history: Sequence[tuple[datetime, State]]) -> dict[str, int]:
    """What changed from each state to the next, in all seasons together."""
    total: Counter[str] = Counter()
    for (_, before), (_, after) in itertools.pairwise(history):
        for number in before.keys() | after.keys():
            change: SeasonChanges = diff(before.get(number), after.get(number))
            for what in ("added", "vanished", "renumbered", "renamed", "redated"):
                total[what] += len(getattr(change, what))
    return {what: count for what, count in total.items() if count}


def types(events: Mapping[str, TimelineEvent]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for event in events.values():
        day, withdrawn = " of a day" * event.is_drop, " withdrawn" * event.is_withdrawn
        counted[f"{event.event_type.value}{day}{withdrawn}"] += 1
    return dict(sorted(counted.items()))


HISTORIES: dict[int, tuple[dict[str, int], dict[str, int], int]] = {
    # a title that became known
    456: ({"renamed": 1}, {"season_premiere": 1}, 2),
    # a weekly show whose season grows, and whose names come a week ahead
    37854: ({"added": 11, "renamed": 6}, {"new_episode": 13}, 19),
    # four episodes came before the four that were there: another one is the premiere now
    57532: (
        {"added": 4, "renumbered": 4, "redated": 4},
        {"new_episode": 7, "season_premiere": 1},
        12,
    ),
    61833: ({"added": 3, "renamed": 1, "redated": 1}, {"new_episode": 4}, 5),
    # one season on the air, the next one empty and at first not there
    125988: ({"renamed": 8}, {"new_episode": 8, "season_finale": 1, "season_premiere": 1}, 18),
    # an empty season, which vanishes: nobody was told of it
    198178: ({}, {}, 0),
    # a whole season on one day, of which the last episode is moved to another
    207333: ({"renamed": 2, "redated": 1}, {"season_finale": 1, "season_premiere of a day": 1}, 3),
    # dates come to episodes that had none
    243360: ({"redated": 6}, {"new_episode": 4, "season_finale": 1, "season_premiere": 1}, 6),
    # dates of July became dates of August and then of July again, with four episodes on the first day, whose
    # other three are withdrawn as events of their own, and four on the last day all the time
    276567: (
        {"redated": 42},
        {
            "new_episode": 17,
            "new_episode of a day": 1,
            "new_episode withdrawn": 3,
            "series_premiere of a day": 1,
        },
        56,
    ),
    # specials without a date, which vanish
    283151: ({"vanished": 2}, {}, 0),
    # dates are lost, and come back: the events are withdrawn and come back too
    296206: (
        {"added": 3, "renamed": 2, "redated": 20},
        {"new_episode": 8, "season_finale": 1},
        26,
    ),
    297826: ({"renamed": 6, "redated": 12}, {"new_episode": 11, "series_premiere": 1}, 30),
}
"""By show: what changed in all, the events at the end, and how many versions were told on the way."""


@pytest.fixture(scope="module")
def recordings() -> Path:
    folder = recordings_folder()
    if folder is None:
        pytest.skip(WHERE)
    return folder


def replayed(show_id: int, history: Sequence[tuple[datetime, State]]) -> Replay:
    replay = Replay(show_id)
    for now, state in history:
        replay.sync(state, now)
        replay.sync(state, now + timedelta(hours=4))  # what is gone is believed at the second sighting
    return replay


def test_every_history_is_replayed(recordings: Path) -> None:
    folders = (recordings / "tmdb" / "history" / "tv").iterdir()
    assert {int(folder.name) for folder in folders} == HISTORIES.keys()


@pytest.mark.parametrize("show_id", HISTORIES)
def test_a_history_gives_its_events(recordings: Path, show_id: int) -> None:
    changes, events, versions = HISTORIES[show_id]
    history = states(recordings, show_id)
    replay = replayed(show_id, history)
    assert changes_of(history) == changes
    assert types(replay.events()) == events
    assert replay.versions == versions


@pytest.mark.parametrize("show_id", HISTORIES)
def test_messages_that_come_twice_and_late_change_nothing(recordings: Path, show_id: int) -> None:
    history = states(recordings, show_id)
    expected = replayed(show_id, history)
    chance = random.Random(show_id)  # noqa: S311 - not for secrets
    replay = Replay(show_id)
    for now, state in history:
        times = [now, now + timedelta(hours=4)]
        times += [now + timedelta(minutes=chance.randrange(1, 600)) for _ in range(5)]
        for time in sorted(times):
            replay.sync(state, time)
    assert replay.events() == expected.events()
    assert replay.versions == expected.versions


@pytest.mark.parametrize("show_id", HISTORIES)
def test_a_history_that_happens_again_ends_in_the_same_events(recordings: Path, show_id: int) -> None:
    history = states(recordings, show_id)
    once = replayed(show_id, history)
    twice = replayed(show_id, [*history, *history])
    ids = once.contents().keys()
    assert {event_id: twice.contents()[event_id] for event_id in ids} == once.contents()
    assert all(event.is_withdrawn for event_id, event in twice.contents().items() if event_id not in ids)


@pytest.mark.parametrize("show_id", HISTORIES)
def test_a_version_rises_by_one_with_each_change(recordings: Path, show_id: int) -> None:
    replay = Replay(show_id)
    for now, state in states(recordings, show_id):
        before = {} if replay.record is None else replay.events()
        replay.sync(state, now)
        for event_id, event in replay.events().items():
            known = before.get(event_id)
            if known is None:
                assert event.version == 1
            elif known != event:
                assert event.version == known.version + 1
