"""The service accounts of a deployment, and what each of them may do."""

from collections.abc import Sequence

from functions.catalog import Function, Schedule, Topic
from functions.deployment.place import (
    BUILDS,
    EVENTS,
    PUBSUB_AGENT,
    SCHEDULER,
    Place,
    account_of,
    grant,
    has_trigger,
    role_check,
)
from functions.deployment.steps import Check, Ensure, Group, Step

BUILD_ROLES = ("roles/logging.logWriter", "roles/artifactregistry.writer", "roles/storage.objectViewer")
"""What a build needs: https://cloud.google.com/functions/docs/securing/build-custom-sa"""

FUNCTION_ROLE = "roles/datastore.user"
PUSH_ROLE = "roles/firebasecloudmessaging.admin"
"""The least of Google's roles that may send: https://firebase.google.com/docs/projects/iam/roles-predefined"""

ACCESSOR_ROLE = "roles/secretmanager.secretAccessor"
PUBLISHER_ROLE = "roles/pubsub.publisher"


def accounts_for(rows: Sequence[Function]) -> list[str]:
    """The service accounts that these functions need."""
    return [
        *map(account_of, rows),
        *([SCHEDULER] if has_trigger(rows, Schedule) else []),
        *([EVENTS] if has_trigger(rows, Topic) else []),
        BUILDS,
    ]


def service_agents(place: Place) -> Group:
    """Google's own accounts for Pub/Sub and Eventarc."""

    def agent(service: str) -> Step:
        member = f"serviceAccount:service-${{PROJECT_NUMBER}}@gcp-sa-{service}.iam.gserviceaccount.com"
        create = ("beta", "services", "identity", "create", f"--service={service}.googleapis.com", "--quiet")
        return Ensure(
            f"Google's account for {service}",
            role_check(place, "projects", place.project, f"roles/{service}.serviceAgent", member),
            place.gcloud(*create),
        )

    return Group(
        "Google's own service accounts",
        "Google makes them when they are first used, which is too late for a first deployment: Pub/Sub's"
        " is given roles below, and no trigger can be made without Eventarc's. Asking again changes"
        " nothing. To sign its calls Pub/Sub's needs no further role, unless it is older than April"
        " 2021:\n"
        "https://cloud.google.com/eventarc/standard/docs/functions/roles-permissions",
        (agent("pubsub"), agent("eventarc")),
    )


def accounts(place: Place, rows: Sequence[Function]) -> Group:
    """Our own accounts."""
    return Group(
        "Service accounts",
        "One a function, so that each may do what its own row needs and no more; one that Cloud Scheduler"
        " calls with, one that Eventarc calls with, and one that builds. It takes some seconds until a new"
        " account is known everywhere, so they are made before what takes its time, and given their roles"
        " after it.",
        tuple(
            Ensure(
                f"account {name}",
                Check(place.gcloud("iam", "service-accounts", "describe", place.email(name))),
                place.gcloud("iam", "service-accounts", "create", name, f"--display-name={name}", "--quiet"),
            )
            for name in accounts_for(rows)
        ),
    )


def roles(place: Place, rows: Sequence[Function]) -> Group:
    """What the functions and the builds may do. Who may call a function is set with the function."""
    return Group(
        "Roles",
        "Functions: Firestore, the secrets of their own row, the topics that it publishes to, and FCM where"
        " it pushes. One with a topic may publish to its own dead-letter topic, where it puts what can"
        " never succeed, with the reason; Pub/Sub puts there what failed too often. Builds: read the"
        " source, write the container and the log.",
        (
            *(step for row in rows for step in _roles_of(place, row)),
            *(grant(place, "projects", place.project, role, place.member(BUILDS)) for role in BUILD_ROLES),
        ),
    )


def project_roles(row: Function) -> Sequence[str]:
    """What a function may do in the whole project."""
    return (FUNCTION_ROLE, *([PUSH_ROLE] if row.pushes else []), *row.roles)


def _roles_of(place: Place, row: Function) -> list[Step]:
    member = place.member(account_of(row))
    steps: list[Step] = [grant(place, "projects", place.project, role, member) for role in project_roles(row)]
    steps += [grant(place, "secrets", secret, ACCESSOR_ROLE, member) for secret in row.secrets]
    steps += [grant(place, "pubsub topics", topic, PUBLISHER_ROLE, member) for topic in row.publishes]
    if isinstance(row.trigger, Topic):
        topic = row.trigger.dead_letter_topic
        steps += [
            grant(place, "pubsub topics", topic, PUBLISHER_ROLE, publisher)
            for publisher in (member, PUBSUB_AGENT)
        ]
    return steps
