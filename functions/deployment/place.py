"""Where to deploy to, what the accounts there are called, and the roles they are given."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from functions.catalog import Function, Schedule, Topic
from functions.deployment.steps import Capture, Check, Command, Ensure, Group, Remove
from shared.errors import Misconfigured

EXAMPLE = "make deploy PROJECT=my-tracker REGION=europe-west1"

FIREBASE = ("npx", "--no-install", "firebase")
"""The locked one. Where it is not installed, npx would fetch the package `firebase`, which is another."""

SCHEDULER = "scheduler-jobs"
EVENTS = "event-delivery"
BUILDS = "function-builds"

PUBSUB_AGENT = "serviceAccount:service-${PROJECT_NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"

LONGEST_ACCOUNT_NAME = 30
"""https://cloud.google.com/iam/docs/service-accounts-create"""


@dataclass(frozen=True, slots=True)
class Place:
    """A project and a region, and where its web app is: at the project's own address unless said otherwise.

    Raises:
        Misconfigured: one of them is missing, or cannot be the name of one.
    """

    project: str
    region: str
    app_url: str = ""
    allowed_origins: str = ""

    def __post_init__(self) -> None:
        for name, value, pattern, like in (
            ("PROJECT", self.project, r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "the id of a project"),
            ("REGION", self.region, r"[a-z]+(-[a-z]+)+[0-9]+", "the name of a region"),
        ):
            if not value:
                raise Misconfigured(f"{name} is missing: it is {like}, as in {EXAMPLE}")
            if not re.fullmatch(pattern, value):
                raise Misconfigured(f"{name} is {value!r}, and must be {like}, as in {EXAMPLE}")
        if self.app_url and not re.fullmatch(r"https://[a-z0-9.-]+(/[\w./-]*[\w-])?", self.app_url):
            raise Misconfigured(
                f"APP_URL is {self.app_url!r}, and must be the web app's https address, as https://tracker.example"
            )

        for origin in self._origins:
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin):
                raise Misconfigured(
                    f"ALLOWED_ORIGINS has {origin!r}, and must have origins as https://app.example.com, with"
                    " commas between them"
                )

    @property
    def _origins(self) -> list[str]:
        return re.findall(r"[^,\s]+", self.allowed_origins)

    @property
    def settings(self) -> Mapping[str, str]:
        """What functions can be told of it, by the names in their environment; empty: nothing is said."""
        # gcloud has commas between settings, so there can be none in one.
        return {"APP_URL": self.web_app, "ALLOWED_ORIGINS": " ".join(self._origins)}

    @property
    def web_app(self) -> str:
        """What a tap on a notification of a browser opens."""
        return self.app_url or f"https://{self.project}.web.app"

    def email(self, account: str) -> str:
        return f"{account}@{self.project}.iam.gserviceaccount.com"

    def member(self, account: str) -> str:
        return f"serviceAccount:{self.email(account)}"

    def gcloud(self, *words: str) -> Command:
        return ("gcloud", *words, f"--project={self.project}")


def project(place: Place) -> Group:
    """The project's number, asked for before anything else."""
    command = ("gcloud", "projects", "describe", place.project, "--format=value(projectNumber)")
    problem = f"The project {place.project} has no number."
    return Group(
        "Project",
        "Looked up first: where it cannot be seen, nothing else can. Where this fails, sign in: 'gcloud auth"
        " login'. Its number is part of the names of Google's own service accounts.",
        (Capture("its number", "PROJECT_NUMBER", command, problem),),
    )


def account_of(row: Function) -> str:
    """The service account that the function runs as.

    Raises:
        Misconfigured: the name is longer than such names may be.
    """
    name = f"fn-{row.deployed_name}"
    if len(name) > LONGEST_ACCOUNT_NAME:
        raise Misconfigured(
            f"{name} is longer than the {LONGEST_ACCOUNT_NAME} characters of a service account's name:"
            f" shorten the name of the function {row.name}."
        )
    return name


def has_trigger(rows: Sequence[Function], kind: type[Schedule | Topic]) -> bool:
    return any(isinstance(row.trigger, kind) for row in rows)


def version_variable(secret: str) -> str:
    """Holds the number of the secret's newest version."""
    return f"{secret}_VERSION"


def grant(place: Place, kind: str, what: str, role: str, member: str, *flags: str) -> Ensure:
    """Give `member` the role on one thing of a kind such as `secrets` or `run services`."""
    command = (*kind.split(), "add-iam-policy-binding", what, *flags, f"--member={member}", f"--role={role}")
    # Topics and subscriptions know no conditions. The others ask for one where the policy has any.
    condition = () if kind.startswith("pubsub") else ("--condition=None",)
    return Ensure(
        f"{short(role)} on {short(what)} for {short(member)}",
        role_check(place, kind, what, role, member, *flags),
        place.gcloud(*command, *condition, "--quiet"),
        done="granted",
    )


def revoke(place: Place, kind: str, what: str, role: str, member: str) -> Remove:
    """Take the role from `member` again: an account that is deleted leaves its roles behind."""
    command = (*kind.split(), "remove-iam-policy-binding", what, f"--member={member}", f"--role={role}")
    return Remove(
        f"{short(role)} on {short(what)} for {short(member)}",
        role_check(place, kind, what, role, member),
        place.gcloud(*command, "--condition=None", "--quiet"),
    )


def role_check(place: Place, kind: str, what: str, role: str, member: str, *flags: str) -> Check:
    """Whether `member` has the role."""
    return Check(
        place.gcloud(
            *(*kind.split(), "get-iam-policy", what, *flags, "--flatten=bindings[].members"),
            *(
                f"--filter=bindings.role={role} AND bindings.members={member}",
                "--format=value(bindings.role)",
            ),
        ),
        role,
    )


def short(name: str) -> str:
    """A role, a member or a thing without what is the same in all of them."""
    if name == PUBSUB_AGENT:
        return "Pub/Sub"
    if name.startswith("${"):
        return "its subscription"
    return name.removeprefix("roles/").removeprefix("serviceAccount:").split("@")[0]


def topics_of(rows: Sequence[Function]) -> list[str]:
    """Every topic that these functions read or publish to, once."""
    read = [row.trigger for row in rows if isinstance(row.trigger, Topic)]
    names = [name for trigger in read for name in (trigger.name, trigger.dead_letter_topic)]
    return list(dict.fromkeys([*names, *(topic for row in rows for topic in row.publishes)]))
