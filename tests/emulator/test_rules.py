"""What firestore.rules let an app read and write by itself, asked of the emulator over its REST API."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.auth_emulator import unsigned_token
from local.emulators import ADMIN, Emulators
from tests.emulator.harness import new_project

# Who asks: `ada`, whose documents they are; `eve`, another user; `nobody`, who is not signed in.
# Each row holds for everyone named and each thing done; `list` is of the collection that the document is in.
TABLE = """
who         what                           where                                  allowed

ada         get                            users/ada                              may
ada         list create update delete      users/ada                              may not
eve nobody  get list create update delete  users/ada                              may not

ada         get list create update delete  users/ada/episode_tracking/1396        may
eve nobody  get list create update delete  users/ada/episode_tracking/1396        may not
ada         create                         users/ada/episode_tracking/tv_1396     may not
ada         create                         users/ada/episode_tracking/01396       may not
ada         create                         users/ada/episode_tracking/1396x       may not
ada         create                         users/ada/episode_tracking/0           may not
ada         create                         users/ada/episode_tracking/-1          may not
ada         delete                         users/ada/episode_tracking/old-id      may
ada         get create update delete       users/ada/episode_tracking/1/more/1    may not

ada         get list                       users/ada/tracked_shows/tv_1396        may
ada         create update delete           users/ada/tracked_shows/tv_1396        may not
ada         create update delete           users/ada/tracked_shows/movie_603      may not
eve nobody  get list create update delete  users/ada/tracked_shows/tv_1396        may not

ada         get list                       users/ada/devices/phone                may
ada         create update delete           users/ada/devices/phone                may not
eve nobody  get list create update delete  users/ada/devices/phone                may not

ada         get list                       users/ada/notifications/1              may
ada         create update delete           users/ada/notifications/1              may not
eve nobody  get list create update delete  users/ada/notifications/1              may not

ada eve nobody  get list create update delete  users/ada/private/trakt            may not
ada eve nobody  get list create update delete  users/ada/unheard_of/1             may not

ada         get                            tmdb_cache/tv/seasons/1396_1           may
nobody      get                            tmdb_cache/tv/seasons/1396_1           may not
ada nobody  list create update delete      tmdb_cache/tv/seasons/1396_1           may not
ada         get                            tmdb_cache/movie/details/603           may
nobody      get                            tmdb_cache/movie/details/603           may not
ada nobody  list create update delete      tmdb_cache/movie/details/603           may not
ada nobody  get list create update delete  tmdb_cache/tv                          may not

ada         get                            shows/tv_1396                          may
nobody      get                            shows/tv_1396                          may not
ada nobody  list create update delete      shows/tv_1396                          may not
ada         get list                       shows/tv_1396/seasons/1                may
nobody      get list                       shows/tv_1396/seasons/1                may not
ada nobody  create update delete           shows/tv_1396/seasons/1                may not
ada         get list                       timeline_events/1                      may
nobody      get list                       timeline_events/1                      may not
ada nobody  create update delete           timeline_events/1                      may not

ada nobody  get list create update delete  enrich_queue/ada_1396                  may not
ada nobody  get list create update delete  sync_state/enrich_sweep                may not
ada nobody  get list create update delete  sync_log/1                             may not
ada nobody  get list create update delete  api_cache/1                            may not
ada nobody  get list create update delete  unheard_of/1                           may not
"""

COLLECTION_GROUPS = ["episode_tracking", "tracked_shows", "devices", "notifications", "private", "seasons"]

EPISODES = {"mapValue": {"fields": {"1_1": {"mapValue": {"fields": {"watched": {"booleanValue": True}}}}}}}


def rows() -> list[Any]:
    found = []
    for line in TABLE.strip().splitlines()[1:]:
        if line:
            words = line.replace("may not", "may-not").split()
            where, allowed = words[-2:]
            people = [word for word in words if word in ("ada", "eve", "nobody")]
            for who in people:
                for what in words[len(people) : -2]:
                    is_allowed = allowed == "may"
                    name = f"{who} {allowed} {what} {where}"
                    found.append(pytest.param(who, what, where, is_allowed, id=name))
    return found


class Database:
    """The documents of one project, through the emulator's REST API."""

    def __init__(self, emulators: Emulators, project: str) -> None:
        self._project = project
        self._name = f"projects/{project}/databases/(default)/documents"
        self._client = httpx.Client(base_url=f"http://{emulators.firestore}/v1/{self._name}", timeout=60)

    def close(self) -> None:
        self._client.close()

    def prepare(self, what: str, where: str) -> None:
        """Have the document there, or not there for `create`."""
        if what == "create":
            self._client.delete(where, headers=ADMIN).raise_for_status()
        else:
            self._client.patch(where, headers=ADMIN, json={"fields": {}}).raise_for_status()

    def may(self, who: str, what: str, where: str, fields: dict[str, Any] | None = None) -> bool:
        """Do it, and say whether that was allowed."""
        written = {"json": {"fields": fields or {}}}
        match what:
            case "get":
                return self._is_allowed(who, "GET", where)
            case "list":
                return self._is_allowed(who, "GET", where.rpartition("/")[0])
            case "create":
                return self._is_allowed(
                    who, "PATCH", where, params={"currentDocument.exists": "false"}, **written
                )
            case "update":
                return self._is_allowed(
                    who, "PATCH", where, params={"currentDocument.exists": "true"}, **written
                )
            case "delete":
                return self._is_allowed(who, "DELETE", where)
        raise ValueError(what)

    def may_query_group(self, who: str, collection: str) -> bool:
        query = {"structuredQuery": {"from": [{"collectionId": collection, "allDescendants": True}]}}
        return self._is_allowed(who, "POST", ":runQuery", json=query)

    def _is_allowed(self, who: str, method: str, where: str, **request: Any) -> bool:
        headers = {} if who == "nobody" else {"Authorization": f"Bearer {unsigned_token(self._project, who)}"}
        path = where if where.startswith(":") else f"/{where}"
        response = self._client.request(
            method, f"{str(self._client.base_url).rstrip('/')}{path}", headers=headers, **request
        )
        assert response.status_code in (200, 403), response.text
        return response.status_code == httpx.codes.OK


@pytest.fixture(scope="module")
def database(emulators: Emulators) -> Iterator[Database]:
    opened = Database(emulators, new_project())
    yield opened
    opened.close()


@pytest.mark.parametrize(("who", "what", "where", "is_allowed"), rows())
def test_who_may_do_what(database: Database, who: str, what: str, where: str, is_allowed: bool) -> None:
    database.prepare(what, where)
    assert database.may(who, what, where) == is_allowed


@pytest.mark.parametrize("who", ["ada", "nobody"])
@pytest.mark.parametrize("collection", COLLECTION_GROUPS)
def test_nobody_reads_through_the_users_of_a_collection_group(
    database: Database, who: str, collection: str
) -> None:
    assert not database.may_query_group(who, collection)


@pytest.mark.parametrize("what", ["create", "update"])
@pytest.mark.parametrize(
    ("fields", "is_allowed"),
    [
        ({"episodes": EPISODES, "title": {"stringValue": "Breaking Bad"}}, True),
        ({"episodes": {"mapValue": {}}}, True),
        ({"title": {"stringValue": "no episodes yet"}}, True),
        ({"episodes": {"arrayValue": {"values": []}}}, False),
        ({"episodes": {"stringValue": "1_1"}}, False),
        ({"episodes": {"nullValue": None}}, False),
    ],
)
def test_episodes_are_a_map(database: Database, what: str, fields: dict[str, Any], is_allowed: bool) -> None:
    where = "users/ada/episode_tracking/1396"
    database.prepare(what, where)
    assert database.may("ada", what, where, fields) == is_allowed
