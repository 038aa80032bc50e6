"""Pushers and dispatchers that are killed at any instant: each alert on every screen, once, and none lost."""

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.adapters.firestore import paths
from shared.domain.alert_text import Text, digest_of, text_of, with_day
from shared.domain.alerts import kind_of
from shared.domain.push import Platform
from shared.domain.show import ShowKey
from shared.domain.timeline import TimelineEvent
from tests.emulator.alerting import Alerting, episode
from tests.emulator.bad_day import BadDay, arriving
from tests.emulator.workers import running_workers

pytestmark = pytest.mark.anyio

SEED = int(os.environ.get("KILLS_SEED", "20260724"))
KILLS = 200
LEAST_AT_EACH_PLACE = 10
USERS = 60
LONGEST_SECONDS = 180
MOST_BAD_ROUNDS = 12
CALM_ROUNDS = 3
"""After these all is sent: what FCM failed with last waits for one, and what it asks to wait for likewise."""

DAY = "2026-07-24"
MORNING = datetime(2026, 7, 24, 9, 0, 1, tzinfo=UTC)
"""The alerts have been due for hours by then, and the digests for a second."""

PLATFORMS: Sequence[Platform] = ("android", "ios", "web")
SHOWS = [ShowKey("tv", 125988), ShowKey("tv", 1396), ShowKey("tv", 95396)]
EVENTS: Mapping[ShowKey, TimelineEvent] = {
    key: episode(4 + index, DAY, show_key=key, title=f"Show {index}") for index, key in enumerate(SHOWS)
}


@dataclass(frozen=True, slots=True)
class Person:
    """A user: what they follow, and their devices' tokens with their platforms."""

    user_id: str
    shows: Sequence[ShowKey]
    devices: Mapping[str, Platform]
    has_digest: bool

    @classmethod
    def number(cls, number: int) -> "Person":
        """With 1 to 3 shows and 1 to 3 devices, and every fourth with a digest: all combinations occur."""
        return cls(
            f"user-{number:02}",
            [SHOWS[(number + step) % 3] for step in range(1 + number % 3)],
            {
                f"token-{number:02}-{device}": PLATFORMS[(number + device) % 3]
                for device in range(1 + number // 3 % 3)
            },
            has_digest=number % 4 == 0,
        )

    def expected(self) -> dict[str, str]:
        """What each of the devices is to show: texts by their collapse ids."""
        events = sorted((EVENTS[key] for key in self.shows), key=lambda one: one.event_id)
        today = datetime.fromisoformat(DAY).date()
        texts = [text_of(event, kind_of(event)) for event in events]
        told = [
            Text(text.title, with_day(text.body, kind_of(event), DAY, today))
            for text, event in zip(texts, events, strict=True)
        ]
        if self.has_digest:
            return {f"digest_{DAY}": told[0].body if len(told) == 1 else digest_of(told).body}
        return {event.event_id: text.body for event, text in zip(events, told, strict=True)}


PEOPLE = [Person.number(number) for number in range(USERS)]


async def settle_in(alerting: Alerting) -> None:
    """All people follow their shows and have their devices, and the alerts of the day are planned."""

    async def one(person: Person) -> None:
        digest = {"digestHour": 9} if person.has_digest else {}
        await alerting.want(person.user_id, timezone="UTC", **digest)
        for key in person.shows:
            await alerting.follow(person.user_id, key)
        for token, platform in person.devices.items():
            await alerting.device(person.user_id, token, platform)

    for start in range(0, USERS, 10):
        await asyncio.gather(*map(one, PEOPLE[start : start + 10]))
    for key, event in EVENTS.items():
        for message in await alerting.tell(event, key=key):
            await alerting.fan_out(message)


class BadFcm:
    """FCM as it is on such a day, and how many messages it takes without saying so.

    It fails each alert fewer than nine times, since after three times three it is given up by design.
    """

    def __init__(self, alerting: Alerting) -> None:
        self.unanswered = 0
        self._fcm = alerting.fcm
        self._one_of_each = [next(iter(person.devices)) for person in PEOPLE]

    def begin(self) -> None:
        for number, token in enumerate(self._one_of_each):
            match number % 7:
                case 0:
                    self._fcm.refuse(token, "unavailable", times=4)
                case 1:
                    self._fcm.refuse(token, "internal", times=4)
                case 2 | 3:
                    answer = "disconnect" if number % 7 == 2 else "unavailable"
                    self._fcm.deliver_without_answer(token, times=1, answer=answer)
                    self.unanswered += 1
                case 4:
                    self._fcm.put_device(token, PEOPLE[number].devices[token], online=False)

    def in_round(self, number: int) -> None:
        match number:
            case 0:
                self._fcm.cut_all(times=4)
            case 1:
                self._fcm.refuse_all(503, times=15)
            case 2:
                self._fcm.refuse_all(429, times=5, retry_after=120)

    def end(self) -> None:
        self._fcm.work_again()
        for person, token in zip(PEOPLE, self._one_of_each, strict=True):
            self._fcm.refuse(token, "ok")
            self._fcm.put_device(token, person.devices[token])


async def pending(alerting: Alerting) -> int:
    query = alerting.firestore.collection_group(paths.NOTIFICATIONS).where(
        filter=FieldFilter("status", "==", "pending")
    )
    return len(await query.get())


async def test_200_kills_lose_nothing_and_show_nothing_twice(alerting: Alerting, tmp_path: Path) -> None:
    await settle_in(alerting)
    fcm = BadFcm(alerting)
    fcm.begin()
    environment = {
        "GOOGLE_CLOUD_PROJECT": alerting.instance.settings.project,
        "FCM_BASE_URL": alerting.fcm.base_url,
    }
    async with (
        asyncio.timeout(LONGEST_SECONDS),
        running_workers(tmp_path, **environment) as workers,
        arriving(alerting.topics["push"]) as messages,
    ):
        day = BadDay(workers, messages, begins=MORNING, chance=random.Random(SEED))  # noqa: S311
        rounds = 0
        while not day.has_killed(KILLS, LEAST_AT_EACH_PLACE):
            assert rounds < MOST_BAD_ROUNDS, f"too little comes to be pushed: {day.kills}"
            assert await pending(alerting), f"all is sent after {day.kills}"
            fcm.in_round(rounds)
            await day.go_round(is_bad=True)
            rounds += 1
        fcm.end()
        for _ in range(CALM_ROUNDS):
            if await pending(alerting):
                await day.go_round(is_bad=False)

    accepted = alerting.fcm.messages()
    least = sum(len(person.expected()) * len(person.devices) for person in PEOPLE)
    surplus = len(accepted) - least
    print(  # what the run was like, for `pytest -s`
        f"seed {SEED}: killed {dict(day.kills)} in {rounds} rounds of {day.runs} runs,"
        f" and {day.killed_dispatchers} dispatchers; FCM took {len(accepted)} for {least},"
        f" {surplus} twice of {day.may_be_twice} + {fcm.unanswered} that may be"
    )
    for person in PEOPLE:
        statuses = await alerting.statuses(person.user_id)
        assert statuses == {EVENTS[key].event_id: "sent" for key in person.shows}
        for token in person.devices:
            collapse_ids = [place["collapse_id"] for place in alerting.fcm.screen(token)]
            bodies = [body for body, _ in alerting.screen(token)]
            assert sorted(zip(collapse_ids, bodies, strict=True)) == sorted(person.expected().items())
    assert day.killed_dispatchers
    assert 0 <= surplus <= day.may_be_twice + fcm.unanswered
