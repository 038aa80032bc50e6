"""A person's first hour on the whole platform: register, search, follow, and see what is new, once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stand_ins.running import RunningTmdbStandIn
from local.stand_ins.running_fcm import RunningFcmStandIn
from tests.emulator.leftovers import wait_until
from tests.emulator.served import Served, command

ONE_PIECE = 37854
NEW = "episode_7550156"
BEFORE, AFTER = "20260715T0000", "20260719T1000"
"""Between these recordings eleven episodes were added. The first of them airs on 26 July 2026."""


class App:
    """One user's app."""

    def __init__(self, api: str) -> None:
        self.client = httpx.Client(base_url=httpx.URL(api).join("/api/v1/"), timeout=30)

    def register(self, email: str) -> None:
        signed_in = self.post("auth/register", email=email, password="correct horse battery")
        self.client.headers["Authorization"] = f"Bearer {signed_in['idToken']}"

    def post(self, path: str, **body: Any) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def read(self, notification_id: str) -> None:
        answer = self.client.patch(f"notifications/{notification_id}/read")
        assert answer.is_success, answer.text

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.is_success, answer.text
        return answer.json()

    def sent(self) -> list[str]:
        """What the inbox holds that was sent."""
        return [one["id"] for one in self.get("notifications?status=sent")["notifications"]]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("alerts")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FIRESTORE_EMULATOR_HOST", "FIREBASE_AUTH_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"):
            patch.delenv(name, raising=False)
        running = Served(folder, Path(folder) / "data")
        try:
            yield running
            running.interrupted()
        finally:
            running.process.kill()
            running.leftovers.kill()


@pytest.fixture
def tmdb(served: Served) -> Iterator[RunningTmdbStandIn]:
    stand_in = RunningTmdbStandIn(served.running.stand_ins["TMDB"], 0)
    yield stand_in
    stand_in.close()


@pytest.fixture
def fcm(served: Served) -> Iterator[RunningFcmStandIn]:
    stand_in = RunningFcmStandIn(served.running.stand_ins["FCM"], 0)
    yield stand_in
    stand_in.close()


@pytest.fixture
def app(served: Served) -> Iterator[App]:
    app = App(served.running.functions["api"])
    yield app
    app.client.close()


def test_what_is_new_is_on_the_screen_and_in_the_inbox_once(
    served: Served, tmdb: RunningTmdbStandIn, fcm: RunningFcmStandIn, app: App
) -> None:
    days = (datetime.now(UTC).date() - date(2026, 7, 26)).days
    tmdb.put_season_as_recorded(ONE_PIECE, 23, BEFORE, days=days)

    app.register("grace@example.com")
    app.post("me/devices", platform="android", token="graces-phone")
    (found,) = [one for one in app.get("shows/search?q=one+piece")["shows"] if one["id"] == f"tv_{ONE_PIECE}"]
    # Its time began yesterday, whatever the hour is now.
    app.post("tracking", showId=found["id"], notifyHoursBefore=24)
    wait_until(lambda: "outcome=ok" in served.log("show_sync"), "the show is synced")
    assert found["id"] in [one["id"] for one in app.get("shows/search?q=one+peice")["shows"]]
    assert fcm.screen("graces-phone") == []
    tmdb.put_season_as_recorded(ONE_PIECE, 23, AFTER, days=days)
    assert command(served, "local.run_job", "poll-changes").returncode == 0
    wait_until(lambda: len(fcm.screen("graces-phone")) == 1, "the phone shows it", seconds=90)

    shown = fcm.screen("graces-phone")
    assert [(place["collapse_id"], place["times"]) for place in shown] == [(NEW, 1)]
    wait_until(lambda: app.sent() == [NEW], "the inbox has it")
    assert app.get("notifications/unread-count") == {"unread": 1}
    assert len(app.get("notifications?status=pending")["notifications"]) == 10
    assert [event["id"] for event in app.get("timeline/today")["events"]] == [NEW]

    command(served, "local.run_job", "full-sync")
    assert '"handedOver":0' in command(served, "local.run_job", "dispatch-notifications").stdout
    assert [place["times"] for place in fcm.screen("graces-phone")] == [1]

    app.read(NEW)
    wait_until(lambda: fcm.screen("graces-phone") == [], "what was read goes from the screen")
    assert app.get("notifications/unread-count") == {"unread": 0}
