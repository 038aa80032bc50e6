"""The deployment taken away again, in the opposite order. What people stored stays."""

import shlex
from collections.abc import Iterator, Sequence

from functions.catalog import Function, Schedule, Topic
from functions.deployment.accounts import ACCESSOR_ROLE, BUILD_ROLES, accounts_for, project_roles
from functions.deployment.place import BUILDS, FIREBASE, Place, account_of, project, revoke, topics_of
from functions.deployment.steps import Always, Check, Command, Group, Remove, Step

_PULL = ("pubsub", "subscriptions", "pull")


def removal(place: Place, rows: Sequence[Function]) -> list[Group]:
    """Take away everything that `plan` makes, but for data and settings of the project."""
    region, location = f"--region={place.region}", f"--location={place.region}"
    disable = (*FIREBASE, "hosting:disable", f"--project={place.project}", "--force")
    topics = [row.trigger for row in rows if isinstance(row.trigger, Topic)]
    scheduled = [row for row in rows if isinstance(row.trigger, Schedule)]
    looks = (place.gcloud(*_PULL, topic.dead_letter_topic, "--limit=100") for topic in topics)
    return [
        project(place),
        Group(
            "Hosting",
            "Its address answers no more; 'make deploy' brings it back.",
            (Always("hosting", (*disable, "--non-interactive"), "disabled"),),
        ),
        Group(
            "Scheduler jobs",
            "Before the functions that they call.",
            tuple(_gone(place, "scheduler jobs", row.deployed_name, location) for row in scheduled),
        ),
        Group(
            "Functions",
            "With its function Google deletes its service, and its Eventarc trigger with the subscription.",
            tuple(_gone(place, "functions", row.deployed_name, region) for row in rows),
        ),
        Group(
            "Topics",
            "Messages that still wait are lost with them, the dead letters too. To look at those first:\n"
            + "\n".join(map(shlex.join, looks)),
            tuple(_gone(place, "pubsub subscriptions", topic.dead_letter_topic) for topic in topics)
            + tuple(_gone(place, "pubsub topics", name) for name in topics_of(rows)),
        ),
        Group(
            "Service accounts",
            "First their roles in the project, which would stay behind. Their other roles went with the"
            " things.",
            (*_roles_gone(place, rows), *_accounts_gone(place, rows)),
        ),
        Group(
            "What stays",
            f"The data of {place.project}: Firestore's database, the users, the secrets. The enabled APIs,"
            " and Firebase in the project. The containers in Artifact Registry (gcf-artifacts) and the"
            " sources in Cloud Storage (gcf-v2-sources-...), which Google keeps of each deployment.",
            (),
        ),
    ]


def _gone(place: Place, kind: str, name: str, *flags: str) -> Step:
    words: Command = tuple(kind.split())
    return Remove(
        f"{kind} {name}",
        Check(place.gcloud(*words, "describe", name, *flags)),
        place.gcloud(*words, "delete", name, *flags, "--quiet"),
    )


def _roles_gone(place: Place, rows: Sequence[Function]) -> Iterator[Step]:
    for row in rows:
        member = place.member(account_of(row))
        for role in project_roles(row):
            yield revoke(place, "projects", place.project, role, member)
        for secret in row.secrets:
            yield revoke(place, "secrets", secret, ACCESSOR_ROLE, member)
    for role in BUILD_ROLES:
        yield revoke(place, "projects", place.project, role, place.member(BUILDS))


def _accounts_gone(place: Place, rows: Sequence[Function]) -> list[Step]:
    return [_gone(place, "iam service-accounts", place.email(name)) for name in accounts_for(rows)]
