"""The printed deployment agrees with the catalogue, row by row, and gives nobody more than the row needs."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions import deploy, stage
from functions.catalog import FUNCTIONS, Function, Http, Retry, Schedule, Topic
from functions.deployment.accounts import accounts_for
from functions.deployment.place import BUILDS, EVENTS, FIREBASE, SCHEDULER, Place, account_of
from functions.deployment.plan import apis_for, plan
from functions.deployment.removal import removal
from functions.deployment.steps import Always, Command, commands_of

PLACE = Place("demo-project", "europe-west1")
PUBSUB_AGENT = "service-${PROJECT_NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"

each = pytest.mark.parametrize("row", FUNCTIONS, ids=[row.name for row in FUNCTIONS])
with_topic = [row for row in FUNCTIONS if isinstance(row.trigger, Topic)]
with_schedule = [row for row in FUNCTIONS if isinstance(row.trigger, Schedule)]


@pytest.fixture(scope="module")
def commands(staged: Path) -> list[Command]:
    return commands_of(plan(PLACE, FUNCTIONS, staged))


@pytest.fixture(scope="module")
def script(staged: Path) -> str:
    return deploy.deploy_script(PLACE, staged)


def matching(commands: list[Command], words: str) -> list[Command]:
    expected = tuple(words.split())
    return [command for command in commands if command[1 : len(expected) + 1] == expected]


def one(commands: list[Command], words: str) -> dict[str, str]:
    """The flags of the one command that starts so; those without a value have an empty one."""
    (command,) = matching(commands, words)
    return flags_of(command)


def flags_of(command: Command) -> dict[str, str]:
    pairs = (word[2:].partition("=") for word in command if word.startswith("--"))
    return {name: value for name, _, value in pairs}


def grants(commands: list[Command]) -> Iterator[tuple[str, str, str]]:
    """Who is given which role on what."""
    for command in commands:
        if "add-iam-policy-binding" in command:
            flags = flags_of(command)
            what = command[command.index("add-iam-policy-binding") + 1]
            member = flags["member"].removeprefix("serviceAccount:")
            yield member, flags["role"].removeprefix("roles/"), what


def granted_to(commands: list[Command], member: str) -> set[tuple[str, str]]:
    return {(role, what) for who, role, what in grants(commands) if who == member}


@each
def test_a_function_is_deployed_with_the_values_of_its_row(
    commands: list[Command], staged: Path, row: Function
) -> None:
    flags = one(commands, f"functions deploy {row.deployed_name}")

    expected = {
        "gen2": "",
        "region": PLACE.region,
        "project": PLACE.project,
        "runtime": "python312",
        "source": staged.as_posix(),
        "entry-point": row.name,
        "memory": row.memory,
        "cpu": row.cpu,
        "timeout": f"{row.timeout_seconds}s",
        "concurrency": str(row.concurrency),
        "min-instances": str(row.min_instances),
        "max-instances": str(row.max_instances),
        "service-account": PLACE.email(account_of(row)),
        "set-env-vars": f"GOOGLE_CLOUD_PROJECT={PLACE.project}"
        + (f",APP_URL=https://{PLACE.project}.web.app" if "APP_URL" in row.settings else ""),
        **secrets_flag(row),
    }
    assert {name: flags.get(name) for name in expected} == expected


def secrets_flag(row: Function) -> dict[str, str]:
    if not row.secrets:
        return {"clear-secrets": ""}
    return {"set-secrets": ",".join(f"{name}={name}:${{{name}_VERSION}}" for name in row.secrets)}


@each
def test_a_function_is_triggered_by_what_its_row_says(commands: list[Command], row: Function) -> None:
    flags = one(commands, f"functions deploy {row.deployed_name}")

    match row.trigger:
        case Http() | Schedule():
            assert "trigger-http" in flags
            assert {"trigger-topic", "retry"}.isdisjoint(flags)
        case Topic(name=topic):
            assert flags["trigger-topic"] == topic
            assert flags["trigger-service-account"] == PLACE.email(EVENTS)
            assert "retry" in flags
            assert "trigger-http" not in flags


def test_only_the_functions_that_apps_call_are_public(commands: list[Command]) -> None:
    apps_call = {row.deployed_name for row in FUNCTIONS if isinstance(row.trigger, Http)}
    deploys = {command[3]: flags_of(command) for command in matching(commands, "functions deploy")}

    assert {name for name, flags in deploys.items() if "allow-unauthenticated" in flags} == apps_call
    assert {name for name, flags in deploys.items() if "no-allow-unauthenticated" not in flags} == apps_call
    assert {name for name, flags in deploys.items() if flags["ingress-settings"] == "all"} == apps_call
    assert granted_to(commands, "allUsers") == {("run.invoker", name) for name in apps_call}


@each
def test_a_functions_account_may_do_what_its_row_needs_and_no_more(
    commands: list[Command], row: Function
) -> None:
    needed = {("datastore.user", PLACE.project)}
    if row.pushes:
        needed.add(("firebasecloudmessaging.admin", PLACE.project))
    needed |= {(role.removeprefix("roles/"), PLACE.project) for role in row.roles}
    needed |= {("secretmanager.secretAccessor", name) for name in row.secrets}
    needed |= {("pubsub.publisher", topic) for topic in row.publishes}
    if isinstance(row.trigger, Topic):
        needed.add(("pubsub.publisher", row.trigger.dead_letter_topic))

    assert granted_to(commands, PLACE.email(account_of(row))) == needed


def test_the_other_accounts_may_do_one_thing_each(commands: list[Command]) -> None:
    assert granted_to(commands, PLACE.email(SCHEDULER)) == {
        ("run.invoker", row.deployed_name) for row in with_schedule
    }
    assert granted_to(commands, PLACE.email(EVENTS)) == {
        ("run.invoker", row.deployed_name) for row in with_topic
    }
    assert granted_to(commands, PLACE.email(BUILDS)) == {
        (role, PLACE.project)
        for role in ("logging.logWriter", "artifactregistry.writer", "storage.objectViewer")
    }
    assert granted_to(commands, PUBSUB_AGENT) == {
        *(
            ("pubsub.publisher", row.trigger.dead_letter_topic)
            for row in with_topic
            if isinstance(row.trigger, Topic)
        ),
        *(("pubsub.subscriber", f"${{{row.name.upper()}_SUBSCRIPTION}}") for row in with_topic),
    }


def test_nobody_else_is_given_anything(commands: list[Command]) -> None:
    members = {who for who, _, _ in grants(commands)}

    assert members == {*map(PLACE.email, accounts_for(FUNCTIONS)), PUBSUB_AGENT, "allUsers"}
    assert not [role for _, role, _ in grants(commands) if role in {"owner", "editor", "viewer"}]


def test_every_account_is_made_once_and_no_other(commands: list[Command]) -> None:
    made = [command[4] for command in matching(commands, "iam service-accounts create")]

    assert sorted(made) == sorted([*map(account_of, FUNCTIONS), SCHEDULER, EVENTS, BUILDS])
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", name) for name in made)


def test_every_secret_is_made_and_no_value_is_asked_for(commands: list[Command], script: str) -> None:
    names = sorted({name for row in FUNCTIONS for name in row.secrets})

    assert [command[3] for command in matching(commands, "secrets create")] == names
    assert [command[4] for command in matching(commands, "secrets versions list")] == names
    assert not matching(commands, "secrets versions access")
    assert not matching(commands, "secrets versions add")
    assert not re.search(r"set-env-vars=\S*(TOKEN|KEY|SECRET)", script)


def test_every_topic_is_made_with_a_place_for_what_fails(commands: list[Command]) -> None:
    topics = [row.trigger for row in FUNCTIONS if isinstance(row.trigger, Topic)]
    made = [command[4] for command in matching(commands, "pubsub topics create")]

    read = [name for topic in topics for name in (topic.name, topic.dead_letter_topic)]
    published = [topic for row in FUNCTIONS for topic in row.publishes]
    assert made == list(dict.fromkeys([*read, *published]))
    for topic in topics:
        flags = one(commands, f"pubsub subscriptions create {topic.dead_letter_topic}")
        assert flags["topic"] == topic.dead_letter_topic
        assert (flags["expiration-period"], flags["message-retention-duration"]) == ("never", "31d")


@pytest.mark.parametrize("row", with_topic, ids=lambda row: row.name)
def test_a_topics_retries_are_those_of_its_row(commands: list[Command], row: Function) -> None:
    assert isinstance(row.trigger, Topic)
    flags = one(commands, f"pubsub subscriptions update ${{{row.name.upper()}_SUBSCRIPTION}}")

    assert flags["dead-letter-topic"] == row.trigger.dead_letter_topic
    assert flags["max-delivery-attempts"] == str(row.trigger.retry.attempts)
    assert flags["min-retry-delay"] == f"{row.trigger.retry.least_seconds}s"
    assert flags["max-retry-delay"] == f"{row.trigger.retry.most_seconds}s"
    assert row.timeout_seconds <= int(flags["ack-deadline"]) <= 600


@pytest.mark.parametrize("row", with_schedule, ids=lambda row: row.name)
@pytest.mark.parametrize("verb", ["create", "update"])
def test_a_job_is_that_of_its_row(commands: list[Command], row: Function, verb: str) -> None:
    assert isinstance(row.trigger, Schedule)
    flags = one(commands, f"scheduler jobs {verb} http {row.deployed_name}")

    address = f"${{{row.name.upper()}_URL}}"
    retry = row.trigger.retry
    expected = {
        "location": PLACE.region,
        "schedule": row.trigger.cron,
        "time-zone": row.trigger.time_zone,
        "uri": address,
        "http-method": "POST",
        "oidc-service-account-email": PLACE.email(SCHEDULER),
        "oidc-token-audience": address,
        "attempt-deadline": f"{row.timeout_seconds}s",
        "max-retry-attempts": str(retry.attempts - 1),
        "min-backoff": f"{retry.least_seconds}s",
        "max-backoff": f"{retry.most_seconds}s",
    }
    assert {name: flags.get(name) for name in expected} == expected
    assert retry.least_seconds * 2 ** int(flags["max-doublings"]) <= retry.most_seconds


def test_there_are_jobs_for_no_other_functions(commands: list[Command]) -> None:
    made = [command[5] for command in matching(commands, "scheduler jobs create http")]

    assert made == [row.deployed_name for row in with_schedule]


@each
def test_a_row_stays_within_googles_limits(row: Function) -> None:
    """Pub/Sub: https://cloud.google.com/pubsub/docs/dead-letter-topics, /handling-failures; Cloud Scheduler:
    https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs"""
    match row.trigger:
        case Topic(retry=Retry(attempts, least, most)):
            assert 5 <= attempts <= 100
            assert 0 <= least <= most <= 600
            assert row.timeout_seconds <= 540
        case Schedule(retry=Retry(attempts, least, most)):
            assert 0 <= attempts - 1 <= 5
            assert 0 < least <= most
            assert 15 <= row.timeout_seconds <= 1800
        case Http():
            assert row.timeout_seconds <= 3600


def test_the_paths_of_hosting_are_those_of_the_catalogue() -> None:
    settings = json.loads((stage.ROOT / "firebase.json").read_text())

    assert {rule["source"]: rule["function"]["functionId"] for rule in settings["hosting"]["rewrites"]} == {
        path: row.deployed_name
        for row in FUNCTIONS
        if isinstance(row.trigger, Http)
        for path in row.trigger.paths
    }


def test_only_the_apis_that_are_needed_are_enabled(commands: list[Command]) -> None:
    apps_only = [dataclasses.replace(row, secrets=()) for row in FUNCTIONS if isinstance(row.trigger, Http)]
    ((_, _, _, *words),) = matching(commands, "services enable")
    enabled = [word for word in words if not word.startswith("--")]

    assert enabled == list(apis_for(FUNCTIONS))
    assert len(enabled) <= 20  # as many as one request may have
    left = {name.split(".")[0] for name in set(apis_for(FUNCTIONS)) - set(apis_for(apps_only))}
    assert left == {"cloudscheduler", "eventarc", "fcm", "pubsub", "secretmanager"}


def test_functions_that_only_apps_call_need_no_topics_and_jobs(staged: Path) -> None:
    apps_only = [dataclasses.replace(row, publishes=()) for row in FUNCTIONS if isinstance(row.trigger, Http)]

    words = {word for command in commands_of(plan(PLACE, apps_only, staged)) for word in command}

    assert words.isdisjoint({"scheduler", "pubsub", "eventarc"})
    assert accounts_for(apps_only) == [*map(account_of, apps_only), BUILDS]


def test_every_command_names_the_project_and_asks_nothing(commands: list[Command]) -> None:
    undo = commands_of(removal(PLACE, FUNCTIONS))
    for command in [*commands, *undo]:
        words = " ".join(command)
        assert PLACE.project in words or command[:4] == (*FIREBASE, "projects:list"), command
        if {"create", "update", "delete", "enable", "deploy", "add-iam-policy-binding"} & set(command):
            assert {"--quiet", "--non-interactive"} & set(command), command


def test_what_changes_something_looks_first(staged: Path) -> None:
    always = [
        step for group in plan(PLACE, FUNCTIONS, staged) for step in group.steps if isinstance(step, Always)
    ]

    # Firebase compares rules and indexes by itself.
    assert [step.command[:5] for step in always] == [(*FIREBASE, "deploy", "--only=firestore")]


def test_what_is_deployed_is_taken_away_again_and_the_data_is_not(commands: list[Command]) -> None:
    undo = commands_of(removal(PLACE, FUNCTIONS))

    def deleted(kind: str) -> list[str]:
        return sorted(command[len(kind.split()) + 2] for command in matching(undo, f"{kind} delete"))

    def made(kind: str) -> list[str]:
        return sorted(command[len(kind.split()) + 2] for command in matching(commands, f"{kind} create"))

    assert deleted("functions") == sorted(row.deployed_name for row in FUNCTIONS)
    assert deleted("scheduler jobs") == sorted(row.deployed_name for row in with_schedule)
    assert deleted("pubsub topics") == made("pubsub topics")
    assert deleted("pubsub subscriptions") == made("pubsub subscriptions")
    assert deleted("iam service-accounts") == sorted(map(PLACE.email, made("iam service-accounts")))
    assert not [command for command in undo if {"firestore", "services"} & set(command)]
    assert not matching(undo, "secrets delete")
    assert "Firestore's database, the users, the secrets" in deploy.undeploy_script(PLACE)
