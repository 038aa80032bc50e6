"""Documents as apps reach them, past the functions: with a user's own token, through the rules."""

import re
from typing import Any

import httpx

from local.auth_emulator import make_admin, sign_in, sign_up
from local.emulators import ADMIN, Emulators

VERBS = ("get", "list", "create", "update", "delete")
PEOPLE = ("ada", "eve", "nobody", "admin")
"""Whose documents they are; another user; who is not signed in; another user, with the admin claim."""

CAN_WAIT = 60


class RulesDatabase:
    """The documents of one project, through the emulator's REST API, and users of the Auth emulator."""

    def __init__(self, emulators: Emulators, project: str) -> None:
        self._client = httpx.Client(
            base_url=f"http://{emulators.firestore}/v1/projects/{project}/databases/(default)/documents",
            timeout=CAN_WAIT,
        )
        auth, emails = str(emulators.auth), {who: f"{project}-{who}@example.com" for who in PEOPLE}
        signed_up = {who: sign_up(auth, emails[who]) for who in PEOPLE if who != "nobody"}
        self.ada, _ = signed_up["ada"]
        self._tokens = {who: token for who, (_, token) in signed_up.items()}
        make_admin(auth, emulators.project, signed_up["admin"][0])
        self._tokens["admin"] = sign_in(auth, emails["admin"])

    def close(self) -> None:
        self._client.close()

    def put(self, where: str, fields: dict[str, Any] | None = None) -> None:
        """Have the document, whatever rules say."""
        self._ask("PATCH", where, headers=ADMIN, json={"fields": fields or {}}).raise_for_status()

    def drop(self, where: str) -> None:
        """Have it no more."""
        self._ask("DELETE", where, headers=ADMIN).raise_for_status()

    def allowed(self, who: str, where: str) -> str:
        """What they may do there, as the initials of the verbs, with a dash for each that they may not."""
        self.drop(where)
        done = {"create": self.may(who, "create", where)}
        self.put(where)
        done |= {verb: self.may(who, verb, where) for verb in VERBS if verb != "create"}
        return "".join(verb[0] if done[verb] else "-" for verb in VERBS)

    def may(self, who: str, verb: str, where: str, fields: dict[str, Any] | None = None) -> bool:
        """Do it, and say whether that was allowed. `list` is of the collection that the document is in."""
        match verb:
            case "get":
                return self._is_allowed(who, "GET", where)
            case "list":
                return self._is_allowed(who, "GET", where.rpartition("/")[0])
            case "create" | "update":
                is_there = {"currentDocument.exists": str(verb == "update").lower()}
                return self._is_allowed(who, "PATCH", where, params=is_there, json={"fields": fields or {}})
            case "delete":
                return self._is_allowed(who, "DELETE", where)
        raise ValueError(verb)

    def may_query(self, who: str, collection: str, **query: Any) -> bool:
        """Ask for all documents of all collections of that name."""
        asked = {"from": [{"collectionId": collection, "allDescendants": True}], **query}
        return self._is_allowed(who, "POST", ":runQuery", json={"structuredQuery": asked})

    def _is_allowed(self, who: str, method: str, where: str, **request: Any) -> bool:
        headers = {} if who == "nobody" else {"Authorization": f"Bearer {self._tokens[who]}"}
        answer = self._ask(method, where, headers=headers, **request)
        assert answer.status_code in (200, 403), answer.text
        return answer.status_code == httpx.codes.OK

    def _ask(self, method: str, where: str, **request: Any) -> httpx.Response:
        base = str(self._client.base_url).rstrip("/")
        path = re.sub("(?<![a-z])ada(?![a-z])", self.ada, where)
        return self._client.request(method, f"{base}{'' if path.startswith(':') else '/'}{path}", **request)
