"""The one list of functions, and what must agree with it."""

import importlib
import inspect
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions import catalog, main
from functions.catalog import FUNCTIONS, Function, Http, Retry, Schedule, Topic
from shared.errors import Misconfigured
from shared.usecases.dispatch_notifications import LIMITS as DISPATCH
from shared.usecases.push_notifications import LIMITS as PUSH

ROOT = Path(__file__).resolve().parents[3]

each = pytest.mark.parametrize("row", FUNCTIONS, ids=[row.name for row in FUNCTIONS])


def hosting_rewrites() -> list[Mapping[str, Any]]:
    rewrites: list[Mapping[str, Any]] = json.loads((ROOT / "firebase.json").read_text())["hosting"][
        "rewrites"
    ]
    return rewrites


def disagreements(
    rows: Sequence[Function], names: Collection[str], rewrites: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What does not fit together, a sentence each."""
    known = {row.name for row in rows}
    said = [f"The catalogue has no row for {name} of main.__all__." for name in names if name not in known]
    said += [
        f"main.__all__ lacks {row.name}, which is in the catalogue." for row in rows if row.name not in names
    ]
    said += [
        f"{row.module} has no function {row.name}, which is in the catalogue."
        for row in rows
        if row.name in names and not hasattr(importlib.import_module(row.module), row.name)
    ]
    for what, used in {
        "named": [row.name for row in rows],
        "deployed as": [row.deployed_name for row in rows],
        "called at the path": [
            path for row in rows if isinstance(row.trigger, Http) for path in row.trigger.paths
        ],
        "given the subscription": [
            f"{row.trigger.name}/{row.deployed_name}" for row in rows if isinstance(row.trigger, Topic)
        ],
    }.items():
        said += [f"{count} rows are {what} {key}." for key, count in Counter(used).items() if count > 1]
    wanted = {
        (path, row.deployed_name)
        for row in rows
        if isinstance(row.trigger, Http)
        for path in row.trigger.paths
    }
    given = {(rewrite["source"], rewrite["function"]["functionId"]) for rewrite in rewrites}
    said += [f"firebase.json does not lead {path} to {name}." for path, name in sorted(wanted - given)]
    said += [
        f"firebase.json leads {path} to {name}, the catalogue does not."
        for path, name in sorted(given - wanted)
    ]
    return said


def test_the_catalogue_the_functions_and_the_hosting_agree() -> None:
    assert disagreements(FUNCTIONS, main.__all__, hosting_rewrites()) == []


ENRICH, SHOW_SYNC = catalog.function("enrich"), catalog.function("show_sync")
TWIN = replace(SHOW_SYNC, name="show-sync")


@pytest.mark.parametrize(
    ("rows", "names", "rewrites", "sentence"),
    [
        (FUNCTIONS[1:], main.__all__, [], "The catalogue has no row for enrich of main.__all__."),
        (
            FUNCTIONS,
            ["enrich", "enrich_sweep"],
            None,
            "main.__all__ lacks show_sync, which is in the catalogue.",
        ),
        (
            [replace(ENRICH, module="functions.stage")],
            ["enrich"],
            None,
            "functions.stage has no function enrich, which is in the catalogue.",
        ),
        ([ENRICH, ENRICH], ["enrich"], None, "2 rows are named enrich."),
        (
            [SHOW_SYNC, TWIN],
            ["show_sync"],
            [],
            "2 rows are given the subscription show-sync/show-sync.",
        ),
        ([ENRICH, replace(ENRICH, name="other")], ["enrich"], None, "2 rows are called at the path /enrich."),
        ([ENRICH], ["enrich"], [], "firebase.json does not lead /enrich to enrich."),
        ([SHOW_SYNC], ["show_sync"], None, "firebase.json leads /enrich to enrich, the catalogue does not."),
    ],
)
def test_what_does_not_agree_is_said(
    rows: Sequence[Function], names: Collection[str], rewrites: list[Mapping[str, Any]] | None, sentence: str
) -> None:
    assert sentence in disagreements(rows, names, hosting_rewrites() if rewrites is None else rewrites)


def test_all_instances_together_stay_within_tmdbs_limit() -> None:
    total = sum(row.tmdb_calls * row.max_instances for row in FUNCTIONS)

    assert 0 < total <= catalog.TMDB_CALLS_PER_10_SECONDS == 40


@each
def test_the_module_has_the_entry_point_under_its_own_name(row: Function) -> None:
    entry = getattr(importlib.import_module(row.module), row.name)

    assert inspect.iscoroutinefunction(entry)
    assert entry.__name__ == row.name
    assert getattr(main, row.name) is entry
    assert row.module.rsplit(".", 1)[1] in {row.name, f"{row.kind}_{row.name}"}


# What the platform allows: https://cloud.google.com/functions/quotas#time_limits, for a schedule the longest
# attempt of Cloud Scheduler, for a message what Eventarc waits.
LONGEST_SECONDS = {"http": 3600, "scheduled": 1800, "pubsub": 540}


@each
def test_a_row_is_within_what_the_platform_allows(row: Function) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*[a-z]", row.name)
    assert re.fullmatch(r"\d+(Mi|Gi)", row.memory)
    assert 0 < row.timeout_seconds <= LONGEST_SECONDS[row.kind]
    assert row.concurrency >= 1
    assert row.concurrency == 1 or float(row.cpu) >= 1
    assert 0 <= row.min_instances <= row.max_instances
    assert (row.tmdb_calls > 0) == ("TMDB_ACCESS_TOKEN" in row.secrets)
    assert (row.invoker == "everyone") == (row.kind == "http")


@each
def test_a_trigger_is_within_what_its_service_allows(row: Function) -> None:
    match row.trigger:
        case Http(paths):
            assert paths
            assert all(re.fullmatch(r"(/[a-z0-9_*]+)+", path) for path in paths)
        case Schedule(cron, retry):
            assert len(cron.split()) == 5
            # https://cloud.google.com/scheduler/docs/reference/rest/v1/RetryConfig
            assert 1 <= retry.attempts <= 6
            assert 0 < retry.least_seconds <= retry.most_seconds <= 3600
        case Topic(name, retry, dead_letter_topic):
            assert re.fullmatch(r"[a-z][a-z-]{2,}", name)
            assert dead_letter_topic == f"{name}-dead"
            # https://cloud.google.com/pubsub/docs/handling-failures
            assert 5 <= retry.attempts <= 100
            assert 0 < retry.least_seconds <= retry.most_seconds <= 600


def test_a_sync_outlasts_an_hour_without_tmdb() -> None:
    topic = catalog.function("show_sync").trigger
    assert isinstance(topic, Topic)
    retry = topic.retry
    pauses = [min(retry.most_seconds, retry.least_seconds * 2**n) for n in range(retry.attempts - 1)]

    assert sum(pauses) > 2 * 3600


def test_a_row_has_one_kind_of_trigger() -> None:
    retry = Retry(attempts=5, least_seconds=1, most_seconds=2)

    def kind_of(trigger: Http | Schedule | Topic) -> str:
        row = replace(ENRICH, trigger=trigger)
        return f"{row.kind} by {row.invoker}"

    assert kind_of(Http(("/x",))) == "http by everyone"
    assert kind_of(Schedule("* * * * *", retry)) == "scheduled by scheduler"
    assert kind_of(Topic("x", retry, "x-dead")) == "pubsub by events"


@each
def test_a_row_is_found_by_its_name(row: Function) -> None:
    assert catalog.function(row.name) is row


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(KeyError, match="enrich_sweep"):
        catalog.function("enrich-sweep")
    with pytest.raises(AttributeError, match="enrich_sweep"):
        _ = main.enricher


@each
def test_no_function_is_handed_out_on_cloud_run_beside_an_emulator(
    monkeypatch: pytest.MonkeyPatch, row: Function
) -> None:
    monkeypatch.setenv("K_SERVICE", row.name)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099")

    with pytest.raises(Misconfigured):
        getattr(main, row.name)


def test_what_is_published_is_read() -> None:
    read = {row.trigger.name for row in FUNCTIONS if isinstance(row.trigger, Topic)}

    assert {topic for row in FUNCTIONS for topic in row.publishes} <= read


def test_a_run_that_dispatches_ends_before_its_instance_is_stopped() -> None:
    row = catalog.function("dispatch_notifications")
    push = catalog.function("push")

    # A step that begins at the last moment reads, marks and publishes, each for ten seconds at most.
    assert DISPATCH.run.total_seconds() + 3 * 10 < row.timeout_seconds
    # What is handed over is due again only after whoever has it was stopped.
    assert push.timeout_seconds < DISPATCH.visibility.total_seconds()
    assert push.timeout_seconds < PUSH.lease.total_seconds()
