"""The error tree. Nothing here knows of HTTP statuses; `functions/_entry.py` gives them.

AppError
├── InvalidRequest        the caller sent something that can never work
├── NotSignedIn           no token, or one that does not hold
├── NotAllowed            signed in, but not for this
│   └── SignInTooOld      nor for as long
├── WrongCredentials      no such account and password
├── SessionOver           what kept the user signed in does so no more
├── NotFound              what was asked for is not there
├── AlreadyExists         what was to be made is somebody's already
├── TooManyRequests       the caller does too often what costs us money
├── Misconfigured         this deployment lacks a setting
├── UpstreamError         a service we call (TMDB, ...) failed us
│   ├── Unavailable       no answer, or one that says "later"
│   ├── RateLimited       it told us to slow down
│   │   └── DailyLimitReached   it answers no more today
│   ├── Rejected          it does not accept our credentials or our request
│   └── Malformed         it answered something that cannot be read
└── StoreError            Firestore failed us
    ├── Contention        others kept writing the same document
    └── StoreUnavailable  no answer in time
"""


class AppError(Exception):
    """Whatever this project raises on purpose. The message is safe to show to the caller."""


class InvalidRequest(AppError):
    """The request is malformed; `fields` says which part, and what is wrong with it."""

    def __init__(self, message: str, fields: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.fields = fields


class NotSignedIn(AppError):
    """The request carries no valid token."""


class WrongCredentials(AppError):
    """No account has this address and password. Which of them is wrong is not told."""


class SessionOver(AppError):
    """The refresh token is used, revoked or none; the user has to sign in again."""


class NotAllowed(AppError):
    """The user is known, and may not do this."""


class SignInTooOld(NotAllowed):
    """What is asked for cannot be undone, and it is too long ago that the user proved who they are."""


class NotFound(AppError):
    """What was asked for does not exist, or is not the caller's to see."""


class AlreadyExists(AppError):
    """What was to be made is there already, and not the caller's to have."""


class TooManyRequests(AppError):
    """The caller does this too often; `retry_after` is in whole seconds."""

    def __init__(self, message: str, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Misconfigured(AppError):
    """A setting is missing or contradicts another."""


class UpstreamError(AppError):
    """A call to another service failed; `service` is its short name."""

    def __init__(self, service: str, message: str) -> None:
        super().__init__(f"{service}: {message}")
        self.service = service


class Unavailable(UpstreamError):
    """The service cannot be reached, does not answer in time, or is failing."""


class RateLimited(UpstreamError):
    """The service asks us to slow down; `retry_after` is in seconds where it said so."""

    def __init__(self, service: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(service, message)
        self.retry_after = retry_after


class DailyLimitReached(RateLimited):
    """The service has answered as often as it does in a day; asking again helps tomorrow."""


class Rejected(UpstreamError):
    """The service refuses our credentials or our request; asking again changes nothing."""


class Malformed(UpstreamError):
    """The service answered something that is not what it documents."""


class StoreError(AppError):
    """An operation on Firestore did not succeed."""


class Contention(StoreError):
    """Other writers kept changing the document for as long as we tried."""


class StoreUnavailable(StoreError):
    """Firestore could not be reached, or did not answer in time."""
