"""Every deployed function once, with all that its deployment needs to know."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["http", "scheduled", "pubsub"]
Invoker = Literal["everyone", "scheduler", "events"]

TMDB_CALLS_PER_10_SECONDS = 40
"""What the whole deployment may ask of TMDB (DESIGN.md, section 8)."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed delivery is made again: `attempts` in all, with pauses that double each time."""

    attempts: int
    least_seconds: int
    most_seconds: int


@dataclass(frozen=True, slots=True)
class Http:
    """Called by apps at `paths`. Anyone may call: the function itself checks the caller's ID token."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Called by Cloud Scheduler at the times of `cron` in `time_zone`."""

    cron: str
    retry: Retry
    time_zone: str = "Etc/UTC"


@dataclass(frozen=True, slots=True)
class Topic:
    """Called with each message of the topic `name`; one that keeps failing ends in the dead-letter topic."""

    name: str
    retry: Retry
    dead_letter_topic: str


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `name` is its target and, with dashes, its deployed name.

    `tmdb_calls` is what each of its instances may ask of TMDB in 10 seconds. All instances of all functions
    together stay within `TMDB_CALLS_PER_10_SECONDS`. More than one request at once in an instance
    (`concurrency`) takes at least one whole `cpu`. `publishes` names the topics it publishes to, beside its
    own dead-letter topic; one that `pushes` may send over FCM. `roles` are what else it may do in the
    project, and `settings` what it is told of the place that it is deployed to.
    """

    name: str
    module: str
    trigger: Http | Schedule | Topic
    memory: str
    cpu: str
    timeout_seconds: int
    concurrency: int
    max_instances: int
    min_instances: int = 0
    tmdb_calls: int = 0
    secrets: tuple[str, ...] = ()
    publishes: tuple[str, ...] = ()
    pushes: bool = False
    roles: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        match self.trigger:
            case Http():
                return "http"
            case Schedule():
                return "scheduled"
            case Topic():
                return "pubsub"

    @property
    def deployed_name(self) -> str:
        """Its name as a service, a Scheduler job and a subscription: these take dashes alone."""
        return self.name.replace("_", "-")

    @property
    def invoker(self) -> Invoker:
        """Who may call it: everyone, or the service account of the scheduler or of the events alone."""
        invokers: dict[Kind, Invoker] = {"http": "everyone", "scheduled": "scheduler", "pubsub": "events"}
        return invokers[self.kind]


FUNCTIONS = (
    Function(
        name="enrich",
        module="functions.http_enrich",
        trigger=Http(paths=("/enrich",)),
        memory="512Mi",
        cpu="1",
        timeout_seconds=60,
        concurrency=80,
        max_instances=4,
        tmdb_calls=4,
        secrets=("TMDB_ACCESS_TOKEN",),
    ),
    Function(
        name="api",
        module="functions.http_api",
        trigger=Http(paths=("/api/v1/**", "/api/internal/**", "/api/live")),
        memory="512Mi",
        cpu="1",
        timeout_seconds=60,
        concurrency=80,
        # Each may ask TMDB three times in ten seconds: more instances would have to share what is less than
        # one call each. One serves 80 requests at once, and those hardly wait for anything else.
        max_instances=4,
        tmdb_calls=3,
        # Every web app shows this key; it is handed over as secrets are, since it has to be asked for too.
        secrets=("TMDB_ACCESS_TOKEN", "FIREBASE_WEB_API_KEY"),
        publishes=("show-sync", "alert-plans", "push"),
        # It signs users out. Of Google's roles there is none between this and one that only reads:
        # https://firebase.google.com/docs/projects/iam/roles-predefined-product
        roles=("roles/firebaseauth.admin",),
        settings=("APP_URL", "ALLOWED_ORIGINS"),
    ),
    Function(
        name="enrich_sweep",
        module="functions.scheduled.enrich_sweep",
        trigger=Schedule(cron="*/10 * * * *", retry=Retry(attempts=3, least_seconds=30, most_seconds=120)),
        memory="512Mi",
        cpu="0.333",
        timeout_seconds=300,
        concurrency=1,
        max_instances=1,
        tmdb_calls=2,
        secrets=("TMDB_ACCESS_TOKEN",),
    ),
    Function(
        name="poll_changes",
        module="functions.scheduled.poll_changes",
        trigger=Schedule(cron="7 * * * *", retry=Retry(attempts=2, least_seconds=60, most_seconds=300)),
        memory="512Mi",
        cpu="0.333",
        # Three days of both feeds have been some 300 pages, which take 17 minutes of its share of TMDB.
        timeout_seconds=1800,
        concurrency=1,
        max_instances=1,
        tmdb_calls=4,
        secrets=("TMDB_ACCESS_TOKEN",),
        publishes=("show-sync",),
    ),
    Function(
        name="full_sync",
        module="functions.scheduled.full_sync",
        trigger=Schedule(cron="0 */6 * * *", retry=Retry(attempts=3, least_seconds=30, most_seconds=120)),
        memory="512Mi",
        cpu="0.333",
        timeout_seconds=120,
        concurrency=1,
        max_instances=1,
        publishes=("show-sync",),
    ),
    Function(
        name="cleanup",
        module="functions.scheduled.cleanup",
        trigger=Schedule(cron="0 3 * * *", retry=Retry(attempts=3, least_seconds=60, most_seconds=300)),
        memory="512Mi",
        cpu="0.333",
        timeout_seconds=300,
        concurrency=1,
        max_instances=1,
        # What is left of an erasure may be the account.
        roles=("roles/firebaseauth.admin",),
    ),
    Function(
        name="dispatch_notifications",
        module="functions.scheduled.dispatch_notifications",
        trigger=Schedule(cron="* * * * *", retry=Retry(attempts=1, least_seconds=5, most_seconds=10)),
        memory="512Mi",
        cpu="1",
        # A run hands over for 50 seconds, and then ends the step that it is at.
        timeout_seconds=120,
        concurrency=1,
        max_instances=2,
        publishes=("push", "alert-plans"),
    ),
    Function(
        name="show_sync",
        module="functions.pubsub.show_sync",
        trigger=Topic(
            name="show-sync",
            # Together the pauses are longer than two hours, in which TMDB may be down.
            retry=Retry(attempts=20, least_seconds=10, most_seconds=600),
            dead_letter_topic="show-sync-dead",
        ),
        memory="512Mi",
        cpu="1",
        # A show of 197 seasons takes eleven calls at first, of a share that four syncs have in common.
        timeout_seconds=540,
        concurrency=4,
        max_instances=1,
        tmdb_calls=6,
        secrets=("TMDB_ACCESS_TOKEN", "TVDB_API_KEY", "OMDB_API_KEY"),
        publishes=("timeline-events",),
    ),
    Function(
        name="fan_out_alerts",
        module="functions.pubsub.fan_out_alerts",
        trigger=Topic(
            name="timeline-events",
            retry=Retry(attempts=20, least_seconds=10, most_seconds=600),
            dead_letter_topic="timeline-events-dead",
        ),
        memory="512Mi",
        cpu="1",
        timeout_seconds=120,
        concurrency=4,
        max_instances=10,
        publishes=("timeline-events",),
    ),
    Function(
        name="plan_alerts",
        module="functions.pubsub.plan_alerts",
        trigger=Topic(
            name="alert-plans",
            retry=Retry(attempts=20, least_seconds=10, most_seconds=600),
            dead_letter_topic="alert-plans-dead",
        ),
        memory="512Mi",
        cpu="1",
        timeout_seconds=120,
        concurrency=8,
        max_instances=4,
        publishes=("alert-plans",),
    ),
    Function(
        name="push",
        module="functions.pubsub.push",
        trigger=Topic(
            name="push",
            # What it does not get to is due again by itself, so a message is not worth many attempts.
            retry=Retry(attempts=5, least_seconds=10, most_seconds=60),
            dead_letter_topic="push-dead",
        ),
        # Of a hundred users of a long show it holds what each has watched.
        memory="1Gi",
        cpu="1",
        timeout_seconds=120,
        concurrency=4,
        max_instances=10,
        pushes=True,
        settings=("APP_URL",),
    ),
)


def function(name: str) -> Function:
    """The row of the function with that name.

    Raises:
        KeyError: there is none.
    """
    for row in FUNCTIONS:
        if row.name == name:
            return row
    raise KeyError(f"There is no function {name!r}; there are {', '.join(row.name for row in FUNCTIONS)}.")
