"""The catalogue as the steps of a deployment, in the order in which they depend on each other."""

from collections.abc import Sequence
from pathlib import Path

from functions.catalog import Function, Schedule, Topic
from functions.deployment.accounts import accounts, roles, service_agents
from functions.deployment.place import FIREBASE, Place, has_trigger, project, topics_of, version_variable
from functions.deployment.rows import digest, function_group
from functions.deployment.steps import Always, Capture, Check, Command, Ensure, Group, Step
from functions.stage import ROOT, hosting_beside

LONGEST_RETENTION = "31d"
"""https://cloud.google.com/pubsub/docs/subscription-properties#message_retention_duration"""

_APIS = (
    ("artifactregistry", "keeps the functions' containers"),
    ("cloudbuild", "builds them"),
    ("cloudfunctions", "deploys the functions"),
    ("cloudresourcemanager", "the project's roles"),
    ("firebase", "the project as a Firebase project"),
    ("firebasehosting", "one address for the functions that apps call"),
    ("firebaserules", "Firestore's security rules"),
    ("firestore", "the database"),
    ("iam", "the service accounts"),
    ("identitytoolkit", "apps sign their users in"),
    ("logging", "the logs of functions and builds"),
    ("run", "runs the functions"),
    ("securetoken", "apps renew their users' ID tokens"),
)
_SECRET_APIS = (("secretmanager", "the secrets"),)
_SCHEDULE_APIS = (("cloudscheduler", "calls the scheduled functions"),)
_PUSH_APIS = (("fcm", "pushes to people's devices"),)
_TOPIC_APIS = (("eventarc", "calls the functions that have a topic"), ("pubsub", "the topics"))


def plan(place: Place, rows: Sequence[Function], staged: Path) -> list[Group]:
    """The whole deployment of what `functions/stage.py` put into `staged`, and beside it for hosting."""
    return [
        project(place),
        _apis(place, rows),
        _firebase_project(place),
        *([service_agents(place)] if has_trigger(rows, Topic) else []),
        accounts(place, rows),
        _firestore(place),
        *([_topics(place, rows)] if has_trigger(rows, Topic) else []),
        _secrets(place, rows),
        roles(place, rows),
        *(function_group(place, row, staged) for row in rows),
        _hosting(place, hosting_beside(staged)),
    ]


def apis_for(rows: Sequence[Function]) -> dict[str, str]:
    """The Google APIs that these functions need, and what each is for."""
    needed = [
        *_APIS,
        *(_SECRET_APIS if any(row.secrets for row in rows) else ()),
        *(_SCHEDULE_APIS if has_trigger(rows, Schedule) else ()),
        *(_PUSH_APIS if any(row.pushes for row in rows) else ()),
        *(_TOPIC_APIS if has_trigger(rows, Topic) else ()),
    ]
    return {f"{name}.googleapis.com": reason for name, reason in sorted(needed)}


def _apis(place: Place, rows: Sequence[Function]) -> Group:
    apis = apis_for(rows)
    enabled = place.gcloud(
        *("services", "list", "--enabled", f"--filter=config.name=({' '.join(apis)})"),
        *("--sort-by=config.name", '--format=csv[no-heading,terminator=" "](config.name)'),
    )
    return Group(
        "APIs",
        "\n".join(f"{name}: {reason}" for name, reason in apis.items()),
        (
            Ensure(
                f"{len(apis)} of Google's APIs",
                Check(enabled, "".join(f"{name} " for name in apis)),
                place.gcloud("services", "enable", *apis, "--quiet"),
                done="enabled",
                kept="enabled already",
            ),
        ),
    )


def _firebase_project(place: Place) -> Group:
    here = f"--project={place.project}"
    listed = _firebase("projects:list", "--json")
    sites = _firebase("hosting:sites:list", here, "--json")
    return Group(
        "Firebase",
        "Firebase serves the security rules and the hosting, and signs users in. Where this fails, sign"
        " in: 'npx --no-install firebase login'. Which sign-in providers there are is chosen in the Firebase"
        " console.",
        (
            Ensure(
                "Firebase in the project",
                Check(listed, f'"projectId": "{place.project}"', is_part=True),
                _firebase("projects:addfirebase", place.project),
                done="added",
            ),
            Ensure(
                "hosting site",
                Check(sites, '"defaultUrl"', is_part=True),
                _firebase("hosting:sites:create", place.project, here),
            ),
        ),
    )


def _firestore(place: Place) -> Group:
    database = ("firestore", "databases")
    describe = place.gcloud(*database, "describe", "--database=(default)", "--format=value(type)")
    create = place.gcloud(
        *(*database, "create", "--database=(default)", f"--location={place.region}"),
        *("--type=firestore-native", "--delete-protection", "--quiet"),
    )
    return Group(
        "Firestore",
        "Where a database is cannot be changed later. The second command brings firestore.rules and"
        " firestore.indexes.json: the indexes, what is exempt from them, and the TTL policies, which are"
        ' the field overrides there that say "ttl": true. It is run each time, because it compares by'
        " itself, changes what differs, and so undoes what was changed by hand.",
        (
            Ensure("database", Check(describe, "FIRESTORE_NATIVE"), create),
            Always(
                "rules, indexes and TTL policies",
                _firebase("deploy", "--only=firestore", f"--project={place.project}"),
                "as in the files",
            ),
        ),
    )


def _topics(place: Place, rows: Sequence[Function]) -> Group:
    triggers = [row.trigger for row in rows if isinstance(row.trigger, Topic)]
    return Group(
        "Topics",
        "A topic's messages go to its function; one that keeps failing goes to the dead-letter topic, and"
        " waits in the subscription of the same name for somebody to look at it. Without a subscription it"
        " would be lost.",
        (
            *(
                Ensure(
                    f"topic {name}",
                    Check(place.gcloud("pubsub", "topics", "describe", name)),
                    place.gcloud("pubsub", "topics", "create", name, "--quiet"),
                )
                for name in topics_of(rows)
            ),
            *(_waiting_room(place, trigger.dead_letter_topic) for trigger in triggers),
        ),
    )


def _waiting_room(place: Place, topic: str) -> Step:
    return Ensure(
        f"subscription {topic}",
        Check(place.gcloud("pubsub", "subscriptions", "describe", topic)),
        place.gcloud(
            *("pubsub", "subscriptions", "create", topic, f"--topic={topic}", "--expiration-period=never"),
            *(f"--message-retention-duration={LONGEST_RETENTION}", "--ack-deadline=60", "--quiet"),
        ),
    )


def _secrets(place: Place, rows: Sequence[Function]) -> Group:
    names = sorted({name for row in rows for name in row.secrets})
    return Group(
        "Secrets",
        "Only the number of the newest enabled version is read here, never a value. A function is deployed"
        " with that version, so a new one takes effect with the next deployment.",
        (
            *(
                Ensure(
                    f"secret {name}",
                    Check(place.gcloud("secrets", "describe", name)),
                    place.gcloud("secrets", "create", name, "--replication-policy=automatic", "--quiet"),
                )
                for name in names
            ),
            *(_newest_version(place, name) for name in names),
        ),
    )


def _newest_version(place: Place, secret: str) -> Step:
    add = f"gcloud secrets versions add {secret} --project={place.project} --data-file=-"
    return Capture(
        f"newest version of {secret}",
        version_variable(secret),
        place.gcloud(
            *("secrets", "versions", "list", secret, "--filter=state:ENABLED", "--sort-by=~createTime"),
            *("--limit=1", "--format=value(name.basename())"),
        ),
        f"The secret {secret} has no value yet. This asks for it, does not show it, and leaves it in no shell"
        " history\nand no list of processes:\n\n"
        f'    (read -rs value && printf %s "$value" | {add})',
    )


def _hosting(place: Place, hosting: Path) -> Group:
    here = f"--project={place.project}"
    settings = (ROOT / "firebase.json").read_text()
    release = f"release {digest(hosting, settings, place.region)}"
    released = _firebase("hosting:channel:list", here, "--json")
    return Group(
        "Hosting",
        "One address, with the paths of firebase.json, for the functions that apps call. The message of a"
        " release says what it was made of; another is made only if that is something else now.",
        (
            Ensure(
                "paths of the functions",
                Check(released, f'"message": "{release}"', is_part=True),
                _firebase("deploy", "--only=hosting", here, f"--message={release}"),
                done="released",
                kept="unchanged",
            ),
        ),
    )


def _firebase(*words: str) -> Command:
    return (*FIREBASE, *words, "--non-interactive")
