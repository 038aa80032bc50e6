"""Known errors as answers: RFC 9457, with a `code` that stays the same when sentences change."""

from typing import Any, NamedTuple

from starlette.responses import JSONResponse, Response

from shared.errors import (
    AlreadyExists,
    AppError,
    Contention,
    InvalidRequest,
    Misconfigured,
    NotAllowed,
    NotFound,
    NotSignedIn,
    SessionOver,
    SignInTooOld,
    StoreUnavailable,
    TooManyRequests,
    UpstreamError,
    WrongCredentials,
)

RETRY_AFTER_SECONDS = 5


class Problem(NamedTuple):
    """A kind of error as an answer."""

    status: int
    code: str
    title: str

    @property
    def may_pass(self) -> bool:
        """Whether the same request can succeed at another time: then it is not the caller's fault."""
        return self.status >= 500


INTERNAL = Problem(500, "internal", "Something went wrong here")
UNAVAILABLE = Problem(503, "unavailable", "A service that is needed does not answer")
METHOD_NOT_ALLOWED = Problem(405, "method_not_allowed", "This method is not allowed")

# From the most to the least special: the first that fits is the answer.
_PROBLEMS: tuple[tuple[type[AppError], Problem], ...] = (
    (InvalidRequest, Problem(422, "invalid_request", "The request cannot be understood")),
    (NotSignedIn, Problem(401, "not_signed_in", "A valid ID token is needed")),
    (WrongCredentials, Problem(401, "wrong_credentials", "The address or the password is wrong")),
    (SessionOver, Problem(401, "session_over", "The session is over")),
    (SignInTooOld, Problem(403, "sign_in_again", "Signing in was too long ago for this")),
    (NotAllowed, Problem(403, "not_allowed", "This is not allowed")),
    (NotFound, Problem(404, "not_found", "There is no such thing")),
    (AlreadyExists, Problem(409, "already_exists", "There is one already")),
    (TooManyRequests, Problem(429, "too_many_requests", "This is too often")),
    (Contention, Problem(503, "busy", "Too many changes at once")),
    (StoreUnavailable, Problem(503, "store_unavailable", "The database does not answer")),
    (UpstreamError, Problem(503, "upstream_unavailable", "A service that is needed does not answer")),
    (Misconfigured, Problem(500, "misconfigured", "The service is not set up completely")),
)


def problem_of(error: AppError) -> Problem:
    """The problem that an error is."""
    for kind, problem in _PROBLEMS:
        if isinstance(error, kind):
            return problem
    return INTERNAL


def kinds(*errors: type[AppError]) -> list[Problem]:
    """The problems that these errors can be, and those below them, each once."""
    return [
        problem
        for kind, problem in _PROBLEMS
        if any(issubclass(kind, error) or issubclass(error, kind) for error in errors)
    ]


def error_response(error: AppError) -> Response:
    """The answer to whoever caused an error, or met one of ours."""
    problem = problem_of(error)
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if problem.status == 503 else {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    fields = error.fields if isinstance(error, InvalidRequest) else ()
    return problem_response(problem, str(error), fields, **headers)


def problem_response(
    problem: Problem, detail: str, fields: tuple[tuple[str, str], ...] = (), **headers: str
) -> Response:
    """The answer that describes a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "code": problem.code,
    }
    if fields:
        body["errors"] = [{"field": field, "problem": wrong} for field, wrong in fields]
    return JSONResponse(body, problem.status, headers=headers or None, media_type="application/problem+json")
