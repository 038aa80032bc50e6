"""Which adapters serve the use cases. Each is made on first use, inside the running loop, once an instance.

Imports are made where they are needed, so that an instance loads the client of a service when it first asks.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from google.cloud.firestore_v1 import AsyncClient

from shared.adapters.firestore.enrich_queue import EnrichQueueDocuments
from shared.adapters.firestore.seasons import season_cache
from shared.adapters.firestore.sync_state import JobStateDocuments
from shared.adapters.firestore.tracking import TrackingDocuments
from shared.adapters.identity import FirebaseIdentity
from shared.config import Settings
from shared.domain.movie import MovieDetails, MovieId
from shared.domain.season import Season, SeasonKey
from shared.errors import Misconfigured
from shared.usecases.load_seasons import SeasonLoader
from shared.usecases.read_through import ReadThroughCache

if TYPE_CHECKING:
    from shared.adapters.fcm.client import FcmSender
    from shared.adapters.firebase_auth import FirebaseAccounts
    from shared.adapters.firestore.calendars import CalendarDocuments
    from shared.adapters.firestore.daily_budget import DailyBudget
    from shared.adapters.firestore.devices import DeviceDocuments
    from shared.adapters.firestore.erasures import ErasureDocuments
    from shared.adapters.firestore.found_shows import FoundShowDocuments
    from shared.adapters.firestore.health import HealthDocuments
    from shared.adapters.firestore.held_of_user import HeldDocuments
    from shared.adapters.firestore.held_shows import HeldShowsDocument
    from shared.adapters.firestore.inbox import InboxDocuments
    from shared.adapters.firestore.notifications import NotificationDocuments
    from shared.adapters.firestore.show_episodes import ShowEpisodeDocuments
    from shared.adapters.firestore.show_schedule import ShowScheduleDocuments
    from shared.adapters.firestore.show_search import HeldShowSearch
    from shared.adapters.firestore.shows import ShowDocuments
    from shared.adapters.firestore.timeline import TimelineDocuments
    from shared.adapters.firestore.timeline_events import EventDocuments
    from shared.adapters.firestore.tracked_shows import FollowDocuments
    from shared.adapters.firestore.users import UserDocuments
    from shared.adapters.firestore.watched_marks import WatchedMarkDocuments
    from shared.adapters.http import ServiceClient
    from shared.adapters.omdb.client import OmdbTitles
    from shared.adapters.tmdb.changes import TmdbChanges
    from shared.adapters.tmdb.client import TmdbMovies, TmdbSeasons
    from shared.adapters.tmdb.lists import TmdbLists
    from shared.adapters.tmdb.shows import TmdbShows
    from shared.adapters.topics import PubsubTopics
    from shared.adapters.tvdb.client import TvdbEpisodes
    from shared.domain.calendar import CalendarEvent
    from shared.usecases.changed_shows import ChangedShows
    from shared.usecases.erase_user import Eraser
    from shared.usecases.erased_users import ErasedUsers
    from shared.usecases.hot_cache import HotCache
    from shared.usecases.limit_rate import RateLimiter
    from shared.usecases.load_movie import MovieLoader
    from shared.usecases.read_show import ShowReader
    from shared.usecases.sign_in import SignIns
    from shared.usecases.supplements import Supplements

SEASON_MEMORY_EPISODES = 50_000
MOVIE_MEMORY = 5_000

TVDB_CALLS_PER_10_SECONDS = 10
OMDB_CALLS_PER_10_SECONDS = 10
FIREBASE_CALLS_PER_10_SECONDS = 200
"""Far below the project's limits: https://firebase.google.com/docs/auth/limits"""

OMDB_CALLS_PER_DAY = 1_000
"""What OMDb's free keys are good for (DESIGN.md, section 8)."""


class Wiring:
    """The adapters of one instance. `tmdb_calls_per_10_seconds` is its share of TMDB's rate limit."""

    def __init__(self, settings: Settings, *, tmdb_calls_per_10_seconds: int) -> None:
        self.settings = settings
        self._tmdb_calls = tmdb_calls_per_10_seconds

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""
        return lambda: datetime.now(UTC)

    @cached_property
    def firestore(self) -> AsyncClient:
        return AsyncClient(project=self.settings.project)

    @cached_property
    def identity(self) -> FirebaseIdentity:
        return FirebaseIdentity(self.settings.project)

    @cached_property
    def tracking(self) -> TrackingDocuments:
        return TrackingDocuments(self.firestore)

    @cached_property
    def enrich_queue(self) -> EnrichQueueDocuments:
        return EnrichQueueDocuments(self.firestore)

    @cached_property
    def job_states(self) -> JobStateDocuments:
        return JobStateDocuments(self.firestore)

    @cached_property
    def seasons(self) -> SeasonLoader:
        cache = ReadThroughCache[SeasonKey, Season](
            store=season_cache(self.firestore, self.settings.lifetimes),
            upstream=lambda: self._tmdb_seasons,
            lifetimes=self.settings.lifetimes,
            memory_capacity=SEASON_MEMORY_EPISODES,
            weigh=lambda season: len(season.episodes) + 1,
        )
        return SeasonLoader(cache, wait=self.settings.enrich_wait_seconds)

    @cached_property
    def movies(self) -> "MovieLoader":
        from shared.adapters.firestore.movies import movie_cache
        from shared.usecases.load_movie import MovieLoader

        cache = ReadThroughCache[MovieId, MovieDetails](
            store=movie_cache(self.firestore, self.settings.lifetimes),
            upstream=lambda: self._tmdb_movies,
            lifetimes=self.settings.lifetimes,
            memory_capacity=MOVIE_MEMORY,
            weigh=lambda _: 1,
        )
        return MovieLoader(cache, wait=self.settings.enrich_wait_seconds)

    @cached_property
    def shows(self) -> "TmdbShows":
        from shared.adapters.tmdb.shows import TmdbShows

        return TmdbShows(self._tmdb)

    @cached_property
    def show_documents(self) -> "ShowDocuments":
        from shared.adapters.firestore.shows import ShowDocuments

        return ShowDocuments(self.firestore)

    @cached_property
    def show_lists(self) -> "TmdbLists":
        from shared.adapters.tmdb.lists import TmdbLists

        return TmdbLists(self._tmdb)

    @cached_property
    def show_reader(self) -> "ShowReader":
        from shared.adapters.firestore.show_pages import ShowPageDocuments
        from shared.usecases.read_show import ShowReader

        return ShowReader(
            held=ShowPageDocuments(self.firestore),
            source=lambda: self.shows,
            cache=self.hot_cache,
            now=self.now,
        )

    @cached_property
    def held_search(self) -> "HeldShowSearch":
        from shared.adapters.firestore.show_search import HeldShowSearch

        return HeldShowSearch(self.firestore)

    @cached_property
    def found_shows(self) -> "FoundShowDocuments":
        from shared.adapters.firestore.found_shows import FoundShowDocuments

        return FoundShowDocuments(self.firestore)

    @cached_property
    def hot_cache(self) -> "HotCache":
        from shared.adapters.firestore.api_cache import AnswerDocuments
        from shared.usecases.hot_cache import HotCache

        return HotCache(AnswerDocuments(self.firestore), now=self.now)

    @cached_property
    def changed_shows(self) -> "ChangedShows":
        from shared.adapters.firestore.changed_events import ChangedEventDocuments
        from shared.usecases.changed_shows import ChangedShows

        return ChangedShows(ChangedEventDocuments(self.firestore), now=self.now)

    @cached_property
    def supplements(self) -> "Supplements":
        from shared.usecases.supplements import Supplements

        return Supplements(self.tvdb, self.omdb, self.omdb_budget)

    @cached_property
    def tmdb_changes(self) -> "TmdbChanges":
        from shared.adapters.tmdb.changes import TmdbChanges

        return TmdbChanges(self._tmdb)

    @cached_property
    def held_shows(self) -> "HeldShowsDocument":
        from shared.adapters.firestore.held_shows import HeldShowsDocument

        return HeldShowsDocument(self.firestore)

    @cached_property
    def show_schedule(self) -> "ShowScheduleDocuments":
        from shared.adapters.firestore.show_schedule import ShowScheduleDocuments

        return ShowScheduleDocuments(self.firestore)

    @cached_property
    def devices(self) -> "DeviceDocuments":
        from shared.adapters.firestore.devices import DeviceDocuments

        return DeviceDocuments(self.firestore)

    @cached_property
    def timeline(self) -> "TimelineDocuments":
        from shared.adapters.firestore.timeline import TimelineDocuments

        return TimelineDocuments(self.firestore)

    @cached_property
    def show_episodes(self) -> "ShowEpisodeDocuments":
        from shared.adapters.firestore.show_episodes import ShowEpisodeDocuments

        return ShowEpisodeDocuments(self.firestore)

    @cached_property
    def watched_marks(self) -> "WatchedMarkDocuments":
        from shared.adapters.firestore.watched_marks import WatchedMarkDocuments

        return WatchedMarkDocuments(self.firestore, self.follows)

    @cached_property
    def calendars(self) -> "CalendarDocuments":
        from shared.adapters.firestore.calendars import CalendarDocuments

        return CalendarDocuments(self.firestore)

    @property
    def write_calendar(self) -> "Callable[[Sequence[CalendarEvent]], bytes]":
        """Writes events as iCalendar."""
        from shared.adapters.ical import write_calendar

        return write_calendar

    @cached_property
    def inbox(self) -> "InboxDocuments":
        from shared.adapters.firestore.inbox import InboxDocuments

        return InboxDocuments(self.firestore)

    @cached_property
    def follows(self) -> "FollowDocuments":
        from shared.adapters.firestore.tracked_shows import FollowDocuments

        return FollowDocuments(self.firestore)

    @cached_property
    def notifications(self) -> "NotificationDocuments":
        from shared.adapters.firestore.notifications import NotificationDocuments

        return NotificationDocuments(self.firestore)

    @cached_property
    def users(self) -> "UserDocuments":
        from shared.adapters.firestore.users import UserDocuments

        return UserDocuments(self.firestore)

    @cached_property
    def erasures(self) -> "ErasureDocuments":
        from shared.adapters.firestore.erasures import ErasureDocuments

        return ErasureDocuments(self.firestore)

    @cached_property
    def held(self) -> "HeldDocuments":
        from shared.adapters.firestore.held_of_user import HeldDocuments

        return HeldDocuments(self.firestore)

    @cached_property
    def erased_users(self) -> "ErasedUsers":
        from shared.usecases.erased_users import ErasedUsers

        return ErasedUsers(self.erasures, lambda: self.now())

    @cached_property
    def health(self) -> "HealthDocuments":
        from shared.adapters.firestore.health import HealthDocuments

        return HealthDocuments(self.firestore)

    @property
    def is_reachable(self) -> Callable[[str], Awaitable[bool]]:
        """Says whether a service can be reached at an address."""
        from shared.adapters.reachability import is_reachable

        return is_reachable

    @property
    def services(self) -> Mapping[str, str]:
        """The base addresses of the services that are asked, by their short names."""
        settings = self.settings
        return {
            "tmdb": settings.tmdb_base_url,
            "tvdb": settings.tvdb_base_url,
            "omdb": settings.omdb_base_url,
            "trakt": settings.trakt_base_url,
            "fcm": settings.fcm_base_url,
        }

    @property
    def eraser(self) -> "Eraser":
        from shared.usecases.erase_user import Eraser

        return Eraser(
            erasures=self.erasures,
            held=self.held,
            accounts=self.identity,
            follows=self.follows,
            notifications=self.notifications,
            now=lambda: self.now(),
        )

    @cached_property
    def rate_limiter(self) -> "RateLimiter":
        from shared.adapters.firestore.rate_limits import WindowCountDocuments
        from shared.usecases.limit_rate import RateLimiter

        return RateLimiter(WindowCountDocuments(self.firestore), lambda: self.now())

    @cached_property
    def sign_ins(self) -> "SignIns":
        from shared.adapters.firestore.private import SessionDocuments
        from shared.adapters.sealing import SealedByToken, new_token
        from shared.usecases.sign_in import SignIns

        return SignIns(
            accounts=self.accounts,
            tokens=self.identity,
            sessions=SessionDocuments(self.firestore),
            sealing=SealedByToken(),
            users=self.users,
            new_token=new_token,
            now=lambda: self.now(),
        )

    @cached_property
    def accounts(self) -> "FirebaseAccounts":
        from shared.adapters.firebase_auth import FirebaseAccounts

        return FirebaseAccounts(self._firebase_accounts, self._firebase_tokens)

    @cached_property
    def events(self) -> "EventDocuments":
        from shared.adapters.firestore.timeline_events import EventDocuments

        return EventDocuments(self.firestore)

    @cached_property
    def topics(self) -> "PubsubTopics":
        from shared.adapters.topics import PubsubTopics

        return PubsubTopics(self.settings.project, emulator_host=self.settings.pubsub_emulator_host)

    @cached_property
    def push_sender(self) -> "FcmSender":
        from shared.adapters.fcm.client import FcmSender

        return FcmSender(
            project=self.settings.project,
            base_url=self.settings.fcm_base_url,
            app_url=self.settings.app_url or None,
        )

    @cached_property
    def tvdb(self) -> "TvdbEpisodes | None":
        """None where no key is set: what TheTVDB knows is a supplement."""
        from shared.adapters.firestore.service_token import ServiceTokenDocument
        from shared.adapters.tvdb.client import SERVICE, TvdbEpisodes
        from shared.adapters.tvdb.sign_in import TvdbSignIn

        if not self.settings.tvdb_api_key:
            return None
        document = ServiceTokenDocument(self.firestore, SERVICE)
        key = self.settings.tvdb_api_key
        sign_in = TvdbSignIn(self._tvdb, api_key=key, document=document, now=self.now)
        return TvdbEpisodes(self._tvdb, sign_in)

    @cached_property
    def omdb(self) -> "OmdbTitles | None":
        """None where no key is set, as with TheTVDB."""
        from shared.adapters.omdb.client import OmdbTitles

        return OmdbTitles(self._omdb) if self.settings.omdb_api_key else None

    @cached_property
    def omdb_budget(self) -> "DailyBudget":
        from shared.adapters.firestore.daily_budget import DailyBudget

        return DailyBudget(self.firestore, "omdb_budget", OMDB_CALLS_PER_DAY)

    @cached_property
    def _tvdb(self) -> "ServiceClient":
        from shared.adapters.http import Share
        from shared.adapters.tvdb.client import tvdb_client

        share = Share(TVDB_CALLS_PER_10_SECONDS)
        return tvdb_client(base_url=self.settings.tvdb_base_url, share=share)

    @cached_property
    def _omdb(self) -> "ServiceClient":
        from shared.adapters.http import Share
        from shared.adapters.omdb.client import omdb_client

        return omdb_client(
            base_url=self.settings.omdb_base_url,
            api_key=self.settings.omdb_api_key,
            share=Share(OMDB_CALLS_PER_10_SECONDS),
        )

    @cached_property
    def _firebase_accounts(self) -> "ServiceClient":
        from shared.adapters.firebase_auth import accounts_client
        from shared.adapters.http import Share

        emulator = self.settings.auth_emulator_host
        share = Share(FIREBASE_CALLS_PER_10_SECONDS)
        return accounts_client(api_key=self._firebase_key, emulator_host=emulator, share=share)

    @cached_property
    def _firebase_tokens(self) -> "ServiceClient":
        from shared.adapters.firebase_auth import tokens_client
        from shared.adapters.http import Share

        emulator = self.settings.auth_emulator_host
        share = Share(FIREBASE_CALLS_PER_10_SECONDS)
        return tokens_client(api_key=self._firebase_key, emulator_host=emulator, share=share)

    @property
    def _firebase_key(self) -> str:
        key = self.settings.firebase_web_api_key
        if not key and self.settings.auth_emulator_host is None:
            raise Misconfigured(
                "FIREBASE_WEB_API_KEY is not set: the Firebase console shows it in Project settings."
            )
        return key or "any"

    @cached_property
    def _tmdb(self) -> "ServiceClient":
        from shared.adapters.http import Share
        from shared.adapters.tmdb.client import tmdb_client

        if not self.settings.tmdb_access_token:
            raise Misconfigured(
                "TMDB_ACCESS_TOKEN is not set: create one at themoviedb.org under Settings, API."
            )
        return tmdb_client(
            base_url=self.settings.tmdb_base_url,
            access_token=self.settings.tmdb_access_token,
            share=Share(self._tmdb_calls),
        )

    @cached_property
    def _tmdb_seasons(self) -> "TmdbSeasons":
        from shared.adapters.tmdb.client import TmdbSeasons

        return TmdbSeasons(self._tmdb)

    @cached_property
    def _tmdb_movies(self) -> "TmdbMovies":
        from shared.adapters.tmdb.client import TmdbMovies

        return TmdbMovies(self._tmdb)
