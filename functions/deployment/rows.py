"""A row of the catalogue as the steps that deploy its function, and what calls it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from functions.catalog import Function, Http, Schedule, Topic
from functions.deployment.place import (
    BUILDS,
    EVENTS,
    PUBSUB_AGENT,
    SCHEDULER,
    Place,
    account_of,
    grant,
    version_variable,
)
from functions.deployment.steps import Capture, Check, Command, Ensure, Group, Step
from functions.stage import ROOT

RUNTIME = "python312"

LONGEST_ACK_SECONDS = 600
"""https://cloud.google.com/pubsub/docs/subscription-properties#ack_deadline"""

STARTING_SECONDS = 60
"""What an instance may take to start before the function's own time begins."""

Field = tuple[str, str, str]
"""A setting as Google shows it, its value there, and the flag that sets it."""


def function_group(place: Place, row: Function, staged: Path) -> Group:
    """Deploy the function, open it to its callers alone, and set up what calls it."""
    steps: list[Step] = [_deployed(place, row, staged)]
    match row.trigger:
        case Http():
            why = "Apps call it, and it checks their users' ID tokens itself, so anyone may call it."
            steps.append(_may_call(place, row, "allUsers"))
        case Schedule():
            why = "Only the account of the Scheduler jobs may call it, and only from Google's side."
            steps += [_may_call(place, row, place.member(SCHEDULER)), *_job(place, row, row.trigger)]
        case Topic():
            why = (
                "Only the account of the events may call it, and only from Google's side; for messages"
                " Eventarc needs no other role:"
                " https://cloud.google.com/eventarc/standard/docs/functions/roles-permissions\n"
                "Eventarc makes the subscription, so how often it tries and where it gives up can only be"
                " set afterwards: https://cloud.google.com/eventarc/docs/retry-events"
            )
            steps += [_may_call(place, row, place.member(EVENTS)), *_subscription(place, row, row.trigger)]
    label = (
        "The label 'release' stands for its code, its row and the versions of its secrets: where that is"
        " what is there already, nothing is deployed."
    )
    return Group(f"Function {row.deployed_name}", f"{why}\n{label}", tuple(steps))


def digest(folder: Path, *words: str) -> str:
    """Twenty characters that stand for the files of a folder of the project, and the words."""
    folder = ROOT / folder
    made = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        made.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    made.update("\0".join(words).encode())
    return made.hexdigest()[:20]


def _deployed(place: Place, row: Function, staged: Path) -> Step:
    words = _deploy_words(place, row, staged)
    versions = (f"${{{version_variable(name)}}}" for name in row.secrets)
    release = "-".join([digest(staged, *words), *versions])
    # One whose deployment failed may have the label all the same; it is not active, or has an error to tell.
    errors = 'stateMessages.filter("severity:ERROR").len()'
    shown = f'--format=value[separator=" "](labels.release,state,{errors})'
    return Ensure(
        f"function {row.deployed_name}",
        Check((*_describe(place, row), shown), f"{release} ACTIVE 0"),
        (*words, f"--update-labels=release={release}", "--quiet"),
        done="deployed",
        kept="unchanged",
    )


def _deploy_words(place: Place, row: Function, staged: Path) -> Command:
    """The whole command but for the label."""
    is_public = row.invoker == "everyone"
    trigger = ["--trigger-http"]
    if isinstance(row.trigger, Topic):
        account = f"--trigger-service-account={place.email(EVENTS)}"
        trigger = [f"--trigger-topic={row.trigger.name}", "--retry", account]
    secrets = [f"{name}={name}:${{{version_variable(name)}}}" for name in row.secrets]
    environment = [
        f"GOOGLE_CLOUD_PROJECT={place.project}",
        *(f"{name}={place.settings[name]}" for name in row.settings if place.settings[name]),
    ]
    return place.gcloud(
        *("functions", "deploy", row.deployed_name, "--gen2", f"--region={place.region}"),
        *(f"--runtime={RUNTIME}", f"--source={staged.as_posix()}", f"--entry-point={row.name}", *trigger),
        "--allow-unauthenticated" if is_public else "--no-allow-unauthenticated",
        f"--ingress-settings={'all' if is_public else 'internal-only'}",
        *(f"--memory={row.memory}", f"--cpu={row.cpu}", f"--timeout={row.timeout_seconds}s"),
        *(f"--concurrency={row.concurrency}", f"--min-instances={row.min_instances}"),
        f"--max-instances={row.max_instances}",
        f"--service-account={place.email(account_of(row))}",
        f"--build-service-account=projects/{place.project}/serviceAccounts/{place.email(BUILDS)}",
        f"--set-env-vars={','.join(environment)}",
        f"--set-secrets={','.join(secrets)}" if secrets else "--clear-secrets",
    )


def _job(place: Place, row: Function, schedule: Schedule) -> Iterator[Step]:
    retry = schedule.retry
    doublings = (retry.most_seconds // retry.least_seconds).bit_length() - 1
    variable = _variable(row, "URL")
    url = f"${{{variable}}}"
    yield Capture(
        "its address",
        variable,
        (*_describe(place, row), "--format=value(serviceConfig.uri)"),
        f"The function {row.deployed_name} has no address. Delete it, and run this again.",
    )
    fields = (
        ("schedule", schedule.cron, "--schedule"),
        ("timeZone", schedule.time_zone, "--time-zone"),
        ("httpTarget.uri", url, "--uri"),
        ("httpTarget.httpMethod", "POST", "--http-method"),
        ("httpTarget.oidcToken.serviceAccountEmail", place.email(SCHEDULER), "--oidc-service-account-email"),
        ("httpTarget.oidcToken.audience", url, "--oidc-token-audience"),
        ("attemptDeadline", f"{row.timeout_seconds}s", "--attempt-deadline"),
        ("retryConfig.retryCount", f"{retry.attempts - 1}", "--max-retry-attempts"),
        ("retryConfig.minBackoffDuration", f"{retry.least_seconds}s", "--min-backoff"),
        ("retryConfig.maxBackoffDuration", f"{retry.most_seconds}s", "--max-backoff"),
        ("retryConfig.maxDoublings", f"{doublings}", "--max-doublings"),
    )
    job = (row.deployed_name, f"--location={place.region}")
    describe = place.gcloud("scheduler", "jobs", "describe", *job)
    yield Ensure(
        f"job {row.deployed_name}",
        Check(describe),
        place.gcloud("scheduler", "jobs", "create", "http", *job, *_flags(fields), "--quiet"),
    )
    yield Ensure(
        f"settings of the job {row.deployed_name}",
        _as_wanted(describe, fields),
        place.gcloud("scheduler", "jobs", "update", "http", *job, *_flags(fields), "--quiet"),
        done="updated",
        kept="unchanged",
    )


def _subscription(place: Place, row: Function, topic: Topic) -> Iterator[Step]:
    trigger, subscription = _variable(row, "TRIGGER"), _variable(row, "SUBSCRIPTION")
    yield Capture(
        "its trigger",
        trigger,
        (*_describe(place, row), "--format=value(eventTrigger.trigger)"),
        f"The function {row.deployed_name} has no trigger. Delete it, and run this again.",
    )
    yield Capture(
        "its subscription",
        subscription,
        (
            *place.gcloud("eventarc", "triggers", "describe", f"${{{trigger}}}"),
            "--format=value(transport.pubsub.subscription)",
        ),
        f"The trigger of {row.deployed_name} has no subscription. Delete the function, and run this again.",
    )
    name = f"${{{subscription}}}"
    yield grant(place, "pubsub subscriptions", name, "roles/pubsub.subscriber", PUBSUB_AGENT)
    dead = topic.dead_letter_topic
    ack_seconds = min(row.timeout_seconds + STARTING_SECONDS, LONGEST_ACK_SECONDS)
    fields = (
        ("deadLetterPolicy.maxDeliveryAttempts", f"{topic.retry.attempts}", "--max-delivery-attempts"),
        ("retryPolicy.minimumBackoff", f"{topic.retry.least_seconds}s", "--min-retry-delay"),
        ("retryPolicy.maximumBackoff", f"{topic.retry.most_seconds}s", "--max-retry-delay"),
        ("ackDeadlineSeconds", f"{ack_seconds}", "--ack-deadline"),
    )
    dead_field = ("deadLetterPolicy.deadLetterTopic", f"projects/{place.project}/topics/{dead}", "")
    yield Ensure(
        f"retries and dead letters of {row.deployed_name}",
        _as_wanted(place.gcloud("pubsub", "subscriptions", "describe", name), (dead_field, *fields)),
        place.gcloud(
            *("pubsub", "subscriptions", "update", name, f"--dead-letter-topic={dead}", *_flags(fields)),
            "--quiet",
        ),
        done="updated",
        kept="unchanged",
    )


def _as_wanted(describe: Command, fields: tuple[Field, ...]) -> Check:
    shown = f'--format=value[separator="|"]({",".join(field for field, _, _ in fields)})'
    return Check((*describe, shown), "|".join(value for _, value, _ in fields))


def _flags(fields: tuple[Field, ...]) -> list[str]:
    return [f"{flag}={value}" for _, value, flag in fields]


def _describe(place: Place, row: Function) -> Command:
    return place.gcloud("functions", "describe", row.deployed_name, f"--region={place.region}")


def _may_call(place: Place, row: Function, member: str) -> Step:
    region = f"--region={place.region}"
    return grant(place, "run services", row.deployed_name, "roles/run.invoker", member, region)


def _variable(row: Function, what: str) -> str:
    return f"{row.name.upper()}_{what}"
