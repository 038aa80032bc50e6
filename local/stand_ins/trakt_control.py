"""The control paths by which a test changes what the Trakt stand-in knows and how it answers."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.stand_ins.trakt_facts import Shape
from local.stand_ins.trakt_users import TraktUsers


class TraktChanges:
    """Codes, tokens, users and the shape of answers under control."""

    def __init__(self, users: TraktUsers) -> None:
        self._users = users

    def routes(self) -> list[Route]:
        """The routes to mount under the control path."""
        return [
            Route("/shape", self._put_shape, methods=["PUT"]),
            Route("/codes", self._put_codes, methods=["PUT"]),
            Route("/codes/{user_code}/approve", self._approve, methods=["POST"]),
            Route("/codes/{user_code}/deny", self._deny, methods=["POST"]),
            Route("/codes/{user_code}/expire", self._expire_code, methods=["POST"]),
            Route("/users/{user}/tokens", self._new_tokens, methods=["POST"]),
            Route("/users/{user}/tokens/expire", self._expire_tokens, methods=["POST"]),
            Route("/users/{user}/tokens/revoke", self._revoke_tokens, methods=["POST"]),
            Route("/users/{user}/watched", self._put_watched, methods=["PUT"]),
            Route("/users/{user}/history", self._add_history, methods=["POST"]),
            Route("/users/{user}/last_activities", self._put_last_activities, methods=["PUT"]),
            Route("/users/{user}/settings", self._put_settings, methods=["PUT"]),
        ]

    async def _put_shape(self, request: Request) -> Response:
        """Takes `{"shape": "older" or "newer"}`."""
        self._users.shape = Shape((await request.json())["shape"])
        return JSONResponse({"shape": self._users.shape})

    async def _put_codes(self, request: Request) -> Response:
        """Takes `{"interval": seconds, "expires_in": seconds}`, for the codes given out from now on."""
        wanted = await request.json()
        self._users.sign_in.time_codes(wanted.get("interval", 5), wanted.get("expires_in", 600))
        return JSONResponse({})

    async def _approve(self, request: Request) -> Response:
        """Takes `{"user": name}`."""
        self._users.sign_in.approve(request.path_params["user_code"], (await request.json())["user"])
        return JSONResponse({})

    async def _deny(self, request: Request) -> Response:
        self._users.sign_in.deny(request.path_params["user_code"])
        return JSONResponse({})

    async def _expire_code(self, request: Request) -> Response:
        self._users.sign_in.expire_code(request.path_params["user_code"])
        return JSONResponse({})

    async def _new_tokens(self, request: Request) -> Response:
        """Signs a user in at once. Takes `{"client_id": id}`."""
        client_id = (await request.json())["client_id"]
        return JSONResponse(self._users.sign_in.new_tokens(request.path_params["user"], client_id))

    async def _expire_tokens(self, request: Request) -> Response:
        self._users.sign_in.expire_tokens(request.path_params["user"])
        return JSONResponse({})

    async def _revoke_tokens(self, request: Request) -> Response:
        self._users.sign_in.revoke_tokens(request.path_params["user"])
        return JSONResponse({})

    async def _put_watched(self, request: Request) -> Response:
        """Takes shows with their seasons, as the older `/sync/watched/shows` answers them."""
        self._users.put_watched(request.path_params["user"], await request.json())
        return JSONResponse({})

    async def _add_history(self, request: Request) -> Response:
        """Takes plays: `[{"show": Trakt's id or a show, "season": n, "number": n, "watched_at": time}]`."""
        self._users.add_history(request.path_params["user"], await request.json())
        return JSONResponse({})

    async def _put_last_activities(self, request: Request) -> Response:
        """Takes `{"episodes": {"watched_at": time or null for now}, ...}`; the rest stays."""
        user = self._users.user(request.path_params["user"])
        for group, times in (await request.json()).items():
            for name, time in times.items():
                user.bump(group, name, time)
        return JSONResponse(user.last_activities)

    async def _put_settings(self, request: Request) -> Response:
        """Takes whole parts of the answer to `/users/settings`."""
        self._users.user(request.path_params["user"]).settings = await request.json()
        return JSONResponse({})
