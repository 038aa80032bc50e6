"""A stand-in for `gcloud` and `npx --no-install firebase`: it keeps what a project would hold in a JSON file.

It answers what the deployment asks, as Google's programs do, and refuses what Google would refuse: a role for
an account that does not exist, a function with a secret that has no such version. A deployment calls it a
hundred times, so it imports little.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

TYPE_CHECKING = False  # typing itself takes as long to import as all the rest
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


NUMBER = "123456789012"

EMPTY: dict[str, Any] = {
    "apis": [],
    "is_firebase": False,
    "sites": [],
    "rules": 0,
    "release": "",
    "agents": [],
    "accounts": [],
    "database": {},
    "topics": [],
    "subscriptions": {},
    "secrets": {},
    "functions": {},
    "jobs": {},
    "roles": [],
    "fails": "",
}


class Refused(Exception):
    """What Google's program would print, before it ends with 1."""


class Call:
    """One command line: its words, and its flags by name."""

    def __init__(self, arguments: list[str]) -> None:
        self.words = [word for word in arguments if not word.startswith("--")]
        pairs = (word[2:].partition("=") for word in arguments if word.startswith("--"))
        self.flags = {name: value for name, _, value in pairs}

    def starts(self, words: str) -> str | None:
        """The word after these, if the command starts with them."""
        expected = words.split()
        if self.words[: len(expected)] != expected:
            return None
        rest = self.words[len(expected) :]
        return rest[0] if rest else ""


def main(program: str, arguments: list[str]) -> int:
    folder = Path(os.environ["STAND_IN_CLOUD"])
    with (folder / "calls").open("a") as calls:
        calls.write(json.dumps([program, *arguments]) + "\n")
    state: dict[str, Any] = json.loads((folder / "state").read_text())
    try:
        fails = bool(state["fails"]) and state["fails"] in " ".join([program, *arguments])
        require(not fails, "Google is not well today.")
        call = Call(arguments)
        # By itself npx would fetch another package of that name.
        require(program != "npx" or arguments[:2] == ["--no-install", "firebase"], "this is not Firebase's")
        printed = firebase(state, call) if program == "npx" else gcloud(state, call)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    (folder / "state").write_text(json.dumps(state, indent=1))
    print(printed)
    return 0


def firebase(state: dict[str, Any], call: Call) -> str:
    match call.words[1:]:
        case ["projects:list"]:
            projects = [{"projectId": "demo-project"}] if state["is_firebase"] else []
            return json.dumps({"result": projects}, indent=2)
        case ["projects:addfirebase", _]:
            state["is_firebase"] = True
        case ["hosting:sites:list"]:
            return json.dumps({"result": {"sites": state["sites"]}}, indent=2)
        case ["hosting:sites:create", name]:
            state["sites"].append({"name": name, "defaultUrl": f"https://{name}.web.app"})
        case ["hosting:channel:list"]:
            return json.dumps(
                {"result": {"channels": [{"release": {"message": state["release"]}}]}}, indent=2
            )
        case ["hosting:disable"]:
            state["release"] = ""
        case ["deploy"] if call.flags["only"] == "firestore":
            require(bool(state["database"]), "there is no database")
            state["rules"] = 1
        case ["deploy"] if call.flags["only"] == "hosting":
            require(bool(state["sites"]), "there is no site")
            state["release"] = call.flags["message"]
        case other:
            raise Refused(f"The stand-in knows no firebase {other}.")
    return ""


def gcloud(state: dict[str, Any], call: Call) -> str:
    for words, answer in ANSWERS.items():
        name = call.starts(words)
        if name is not None:
            return answer(state, call, name)
    if {"get-iam-policy", "add-iam-policy-binding", "remove-iam-policy-binding"} & set(call.words):
        return policy(state, call)
    raise Refused(f"The stand-in knows no gcloud {' '.join(call.words)}.")


def require(condition: bool, problem: str) -> None:
    if not condition:
        raise Refused(f"ERROR: {problem}")


def shown(found: Mapping[str, Any], format_: str) -> str:
    """What `--format` makes of one thing: the fields in the brackets, with the separator between them."""
    parsed = re.fullmatch(r"(?:value|csv)(?:\[(.*)\])?\((.*)\)", format_)
    assert parsed, format_
    separator = re.search(r'separator="(.)"', parsed[1] or "")
    fields = []
    for path in parsed[2].split(","):
        value: Any = found
        if path == 'stateMessages.filter("severity:ERROR").len()':
            fields.append(str([one["severity"] for one in found.get("stateMessages", [])].count("ERROR")))
            continue
        for part in path.removesuffix(".basename()").split("."):
            value = value.get(part, "") if isinstance(value, dict) else ""
        fields.append(str(value).rsplit("/", 1)[-1] if path.endswith(".basename()") else str(value))
    return (separator[1] if separator else "\t").join(fields)


def services_list(state: dict[str, Any], call: Call, _: str) -> str:
    asked = call.flags["filter"].removeprefix("config.name=(").removesuffix(")").split()
    enabled = sorted(set(asked) & set(state["apis"]))
    return "".join(f"{name} " for name in enabled)


def services_enable(state: dict[str, Any], call: Call, _: str) -> str:
    state["apis"] += call.words[2:]
    return ""


def agent_create(state: dict[str, Any], call: Call, _: str) -> str:
    service = call.flags["service"].split(".")[0]
    require(f"{service}.googleapis.com" in state["apis"], f"the API of {service} is not enabled")
    member = f"serviceAccount:service-{NUMBER}@gcp-sa-{service}.iam.gserviceaccount.com"
    state["agents"].append(member)
    state["roles"].append(["projects", "demo-project", f"roles/{service}.serviceAgent", member])
    return ""


def account_create(state: dict[str, Any], call: Call, name: str) -> str:
    state["accounts"].append(f"{name}@{call.flags['project']}.iam.gserviceaccount.com")
    return ""


def exists(collection: str) -> Callable[[dict[str, Any], Call, str], str]:
    def answer(state: dict[str, Any], call: Call, name: str) -> str:
        known = state[collection]
        name = name.rsplit("/", 1)[-1]
        require(name in known, f"NOT_FOUND: {name}")
        return shown(known[name], call.flags["format"]) if "format" in call.flags else name

    return answer


def make(collection: str) -> Callable[[dict[str, Any], Call, str], str]:
    def answer(state: dict[str, Any], call: Call, name: str) -> str:
        known = state[collection]
        require(name not in known, f"ALREADY_EXISTS: {name}")
        if isinstance(known, list):
            known.append(name)
        else:
            known[name] = {**call.flags, "versions": []}
        return ""

    return answer


def delete(collection: str) -> Callable[[dict[str, Any], Call, str], str]:
    def answer(state: dict[str, Any], _: Call, name: str) -> str:
        known = state[collection]
        require(name in known, f"NOT_FOUND: {name}")
        if isinstance(known, list):
            known.remove(name)
        else:
            del known[name]
        if collection == "functions":
            state["subscriptions"].pop(f"eventarc-{name}", None)
        return ""

    return answer


def database_describe(state: dict[str, Any], call: Call, _: str) -> str:
    require(bool(state["database"]), "NOT_FOUND: (default)")
    return shown(state["database"], call.flags["format"])


def database_create(state: dict[str, Any], call: Call, _: str) -> str:
    require(not state["database"], "ALREADY_EXISTS: (default)")
    state["database"] = {"type": "FIRESTORE_NATIVE", "location": call.flags["location"]}
    return ""


def versions_list(state: dict[str, Any], call: Call, name: str) -> str:
    require(name in state["secrets"], f"NOT_FOUND: {name}")
    enabled = [version for version in state["secrets"][name]["versions"] if version["state"] == "ENABLED"]
    return shown({"name": enabled[-1]["name"]}, call.flags["format"]) if enabled else ""


def functions_deploy(state: dict[str, Any], call: Call, name: str) -> str:
    flags = call.flags
    main_file = Path(flags["source"]) / "main.py"
    require(main_file.is_file(), f"missing {main_file}")
    accounts = [flags["service-account"], flags["build-service-account"].rsplit("/", 1)[-1]]
    for pair in filter(None, flags.get("set-secrets", "").split(",")):
        secret, version = pair.partition("=")[2].split(":")
        known = [one["name"] for one in state["secrets"][secret]["versions"]]
        require(f"secrets/{secret}/versions/{version}" in known, f"{secret} has no version {version}")
    found = state["functions"].setdefault(name, {"labels": {}})
    if "trigger-topic" in flags:
        accounts.append(flags["trigger-service-account"])
        require(flags["trigger-topic"] in state["topics"], f"NOT_FOUND: {flags['trigger-topic']}")
        found["eventTrigger"] = {"trigger": f"projects/demo-project/locations/europe-west1/triggers/{name}-1"}
        # Eventarc makes it with settings of its own.
        state["subscriptions"].setdefault(
            f"eventarc-{name}", {"topic": flags["trigger-topic"], "ackDeadlineSeconds": 10}
        )
    for account in accounts:
        require(account in state["accounts"], f"NOT_FOUND: {account}")
    label, _, value = flags["update-labels"].partition("=")
    found["labels"][label] = value
    found["state"] = "ACTIVE"
    found["stateMessages"] = []
    found["serviceConfig"] = {"uri": f"https://{name}-abc-ew.a.run.app"}
    found["flags"] = flags
    invoker = ["run services", name, "roles/run.invoker", "allUsers"]
    if "allow-unauthenticated" in flags and invoker not in state["roles"]:
        state["roles"].append(invoker)
    return ""


def trigger_describe(state: dict[str, Any], call: Call, name: str) -> str:
    function = name.rsplit("/", 1)[-1].removesuffix("-1")
    require(function in state["functions"], f"NOT_FOUND: {name}")
    subscription = f"projects/demo-project/subscriptions/eventarc-{function}"
    return shown({"transport": {"pubsub": {"subscription": subscription}}}, call.flags["format"])


def subscription_update(state: dict[str, Any], call: Call, name: str) -> str:
    flags = call.flags
    topic = flags["dead-letter-topic"]
    require(topic in state["topics"], f"NOT_FOUND: {topic}")
    state["subscriptions"][name.rsplit("/", 1)[-1]].update(
        deadLetterPolicy={
            "deadLetterTopic": f"projects/{flags['project']}/topics/{topic}",
            "maxDeliveryAttempts": int(flags["max-delivery-attempts"]),
        },
        retryPolicy={"minimumBackoff": flags["min-retry-delay"], "maximumBackoff": flags["max-retry-delay"]},
        ackDeadlineSeconds=int(flags["ack-deadline"]),
    )
    return ""


def job_set(is_new: bool) -> Callable[[dict[str, Any], Call, str], str]:
    def answer(state: dict[str, Any], call: Call, name: str) -> str:
        flags = call.flags
        require((name not in state["jobs"]) is is_new, f"{name} is there already, or not at all")
        email = flags["oidc-service-account-email"]
        require(email in state["accounts"], f"NOT_FOUND: {email}")
        state["jobs"][name] = {
            "schedule": flags["schedule"],
            "timeZone": flags["time-zone"],
            "attemptDeadline": flags["attempt-deadline"],
            "httpTarget": {
                "uri": flags["uri"],
                "httpMethod": flags["http-method"],
                "oidcToken": {"serviceAccountEmail": email, "audience": flags["oidc-token-audience"]},
            },
            "retryConfig": {
                "retryCount": int(flags["max-retry-attempts"]),
                "minBackoffDuration": flags["min-backoff"],
                "maxBackoffDuration": flags["max-backoff"],
                "maxDoublings": int(flags["max-doublings"]),
            },
        }
        return ""

    return answer


def policy(state: dict[str, Any], call: Call) -> str:
    (verb,) = [word for word in call.words if word.endswith(("-iam-policy", "-iam-policy-binding"))]
    place = call.words.index(verb)
    kind, name = " ".join(call.words[:place]), call.words[place + 1].rsplit("/", 1)[-1]
    collection = {
        "secrets": "secrets",
        "pubsub topics": "topics",
        "pubsub subscriptions": "subscriptions",
        "run services": "functions",
    }
    require(kind == "projects" or name in state[collection[kind]], f"NOT_FOUND: {name}")
    if verb == "get-iam-policy":
        wanted = re.fullmatch(r"bindings\.role=(\S+) AND bindings\.members=(\S+)", call.flags["filter"])
        assert wanted, call.flags
        return wanted[1] if [kind, name, wanted[1], wanted[2]] in state["roles"] else ""
    member = call.flags["member"]
    binding = [kind, name, call.flags["role"], member]
    if verb == "remove-iam-policy-binding":
        state["roles"].remove(binding)
        return ""
    known = [*(f"serviceAccount:{email}" for email in state["accounts"]), *state["agents"], "allUsers"]
    require(member in known, f"{member} does not exist")
    if binding not in state["roles"]:
        state["roles"].append(binding)
    return ""


ANSWERS: dict[str, Callable[[dict[str, Any], Call, str], str]] = {
    "projects describe": lambda _state, call, _name: shown({"projectNumber": NUMBER}, call.flags["format"]),
    "services list": services_list,
    "services enable": services_enable,
    "beta services identity create": agent_create,
    "iam service-accounts describe": exists("accounts"),
    "iam service-accounts create": account_create,
    "iam service-accounts delete": delete("accounts"),
    "firestore databases describe": database_describe,
    "firestore databases create": database_create,
    "pubsub topics describe": exists("topics"),
    "pubsub topics create": make("topics"),
    "pubsub topics delete": delete("topics"),
    "pubsub subscriptions describe": exists("subscriptions"),
    "pubsub subscriptions create": make("subscriptions"),
    "pubsub subscriptions update": subscription_update,
    "pubsub subscriptions delete": delete("subscriptions"),
    "secrets versions list": versions_list,
    "secrets describe": exists("secrets"),
    "secrets create": make("secrets"),
    "functions describe": exists("functions"),
    "functions deploy": functions_deploy,
    "functions delete": delete("functions"),
    "eventarc triggers describe": trigger_describe,
    "scheduler jobs describe": exists("jobs"),
    "scheduler jobs create http": job_set(is_new=True),
    "scheduler jobs update http": job_set(is_new=False),
    "scheduler jobs delete": delete("jobs"),
}
