"""`/api/**`: the API of the apps, and of the people who run the service."""

from starlette.types import ASGIApp

from functions import _entry
from functions.api.app import make_app
from shared.wiring import Wiring


@_entry.application
def api(wiring: Wiring) -> ASGIApp:
    """The application that answers all of them."""
    return make_app(wiring)
