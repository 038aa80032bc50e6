"""Which seasons an enrichment needs, and what it writes (DESIGN.md, section 5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from shared.domain.cache import Loaded, Source
from shared.domain.season import Episode, Season, SeasonNumber
from shared.domain.tracking import TrackedEpisode, TrackedShow


class EpisodeFields(TypedDict, total=False):
    """The fields of a tracked episode that enrichment may write, and no others."""

    episodeId: int
    episodeName: str
    episodeAirDate: str | None


@dataclass(frozen=True, slots=True)
class Renumbered:
    """A tracked episode whose id is no longer what TMDB has under its number.

    `season` and `number` are where the id stands now, or None where no season that was loaded lists it.
    """

    key: str
    episode_id: int
    season: SeasonNumber | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, by tracking key, and how every episode in question came out.

    `enriched`, `corrected` and `complete` count episodes: something missing was filled; a field that
    TMDB has changed since was replaced; nothing to do. `pending` lists seasons that may bring more soon.
    """

    changes: Mapping[str, EpisodeFields]
    enriched: int = 0
    corrected: int = 0
    complete: int = 0
    unmatched: tuple[str, ...] = ()
    renumbered: tuple[Renumbered, ...] = ()
    invalid: tuple[str, ...] = ()
    pending: tuple[SeasonNumber, ...] = ()


def seasons_to_load(
    show: TrackedShow, *, only: Collection[SeasonNumber] | None = None, refresh: bool = False
) -> tuple[SeasonNumber, ...]:
    """The seasons with something missing, or all with `refresh`; within `only` where that is given."""
    return tuple(
        sorted(
            {
                episode.season
                for episode in show.episodes
                if (refresh or not episode.is_complete) and (only is None or episode.season in only)
            }
        )
    )


@dataclass(slots=True)
class _Tally:
    changes: dict[str, EpisodeFields] = field(default_factory=dict)
    enriched: int = 0
    corrected: int = 0
    complete: int = 0
    unmatched: list[str] = field(default_factory=list)
    renumbered: list[Renumbered] = field(default_factory=list)
    pending: set[SeasonNumber] = field(default_factory=set)


def plan_enrichment(
    show: TrackedShow,
    seasons: Mapping[SeasonNumber, Loaded[Season]],
    *,
    only: Collection[SeasonNumber] | None = None,
) -> Plan:
    """Compare what the user has with the seasons that were loaded.

    A season without a value is pending. A stale season fills in what it holds and replaces nothing; where an
    episode is not whole after that, or is not there as stored, the season is pending too, since the fresh one
    may know better.
    """
    tally = _Tally(pending={number for number, loaded in seasons.items() if loaded.value is None})
    upstream = _Upstream(seasons, show)
    for tracked in show.episodes:
        if only is not None and tracked.season not in only:
            continue
        loaded = seasons.get(tracked.season)
        if loaded is not None and loaded.value is not None:
            _judge(tracked, loaded.value, loaded.source is Source.STALE, upstream, tally)
        elif tracked.is_complete:
            tally.complete += 1
        else:
            # Also where the app has added an episode of another season since the seasons were loaded.
            tally.pending.add(tracked.season)
    return Plan(
        changes=tally.changes,
        enriched=tally.enriched,
        corrected=tally.corrected,
        complete=tally.complete,
        unmatched=tuple(sorted(tally.unmatched)),
        renumbered=tuple(sorted(tally.renumbered, key=lambda found: found.key)),
        invalid=show.invalid,
        pending=tuple(sorted(tally.pending)),
    )


class _Upstream:
    """Where TMDB has which id now, and which ids the user's entries hold."""

    def __init__(self, seasons: Mapping[SeasonNumber, Loaded[Season]], show: TrackedShow) -> None:
        self.places = {
            episode.episode_id: (season, number)
            for season, loaded in seasons.items()
            if loaded.value is not None
            for number, episode in loaded.value.episodes.items()
        }
        self.tracked_ids = {tracked.episode_id for tracked in show.episodes}


def _judge(
    tracked: TrackedEpisode, season: Season, is_stale: bool, upstream: _Upstream, tally: _Tally
) -> None:
    """Put one tracked episode where it belongs in the tally."""
    found = season.episodes.get(tracked.number)
    if is_stale and (found is None or tracked.episode_id not in (None, found.episode_id)):
        tally.pending.add(tracked.season)  # the fresh season decides
        return
    if tracked.episode_id is not None and (found is None or found.episode_id != tracked.episode_id):
        place = upstream.places.get(tracked.episode_id)
        if place is not None or (found is not None and not _is_recreated(tracked, found, season, upstream)):
            # Moving the entry would move what the user watched; the app decides that, with its user.
            season_now, number_now = place or (None, None)
            tally.renumbered.append(Renumbered(tracked.key, tracked.episode_id, season_now, number_now))
            return
    if found is None:
        tally.unmatched.append(tracked.key)
        return
    fields = _missing(tracked, found) if is_stale else _difference(tracked, found)
    if fields:
        tally.changes[tracked.key] = fields
    if is_stale and not (found.name and found.air_date) and not tracked.is_complete:
        tally.pending.add(tracked.season)
    if not fields:
        tally.complete += 1
    elif _fills(tracked, fields):
        tally.enriched += 1
    else:
        tally.corrected += 1


def _is_recreated(tracked: TrackedEpisode, found: Episode, season: Season, upstream: _Upstream) -> bool:
    """Whether TMDB deleted an episode and made it again under the same number with a new id.

    A real name tells; every fifth is the placeholder `Episode N`, which agrees by its number alone. The air
    date tells where no other episode of the season has it: often a whole season comes out on one day. An id
    that another entry holds is that entry's.
    """
    if found.episode_id in upstream.tracked_ids:
        return False
    if (
        tracked.name is not None
        and tracked.name != f"Episode {tracked.number}"
        and tracked.name == found.name
    ):
        return True
    same_day = [other for other in season.episodes.values() if other.air_date == found.air_date]
    return tracked.air_date is not None and tracked.air_date == found.air_date and len(same_day) == 1


def _difference(tracked: TrackedEpisode, upstream: Episode) -> EpisodeFields:
    fields: EpisodeFields = {}
    if tracked.episode_id != upstream.episode_id:
        fields["episodeId"] = upstream.episode_id
    if upstream.name is not None and tracked.name != upstream.name:
        fields["episodeName"] = upstream.name
    # A newly identified episode gets an explicit null date, so that all entries have one shape.
    if tracked.air_date != upstream.air_date or tracked.episode_id is None:
        fields["episodeAirDate"] = upstream.air_date
    return fields


def _missing(tracked: TrackedEpisode, upstream: Episode) -> EpisodeFields:
    """What a stale season may write: it fills in, and replaces nothing, for the app's fields may be newer."""
    fields = _difference(tracked, upstream)
    if tracked.name is not None:
        fields.pop("episodeName", None)
    if tracked.air_date is not None:
        fields.pop("episodeAirDate", None)
    return fields


def _fills(tracked: TrackedEpisode, fields: EpisodeFields) -> bool:
    return (
        ("episodeId" in fields and tracked.episode_id is None)
        or ("episodeName" in fields and tracked.name is None)
        or (fields.get("episodeAirDate") is not None and tracked.air_date is None)
    )
