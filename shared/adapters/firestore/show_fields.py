"""A show's record, its seasons and its events as fields of documents, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.search import terms
from shared.domain.season import SeasonNumber
from shared.domain.show import ListedSeason, ShowFacts, ShowKey, ShowStatus
from shared.domain.show_record import SeasonRecord, ShowRecord, StatusCandidate
from shared.domain.show_season import EpisodeFacts, SeasonFacts
from shared.domain.timeline import EventType, TimelineEvent
from shared.domain.version import Version

Fields = Mapping[str, Any]


def show_fields(record: ShowRecord) -> dict[str, Any]:
    """What a sync writes of a show's document; the rest of it belongs to those who follow."""
    facts = record.facts
    is_rated = facts.rating is not None or facts.votes is not None
    rating = {"tmdb": {"value": facts.rating, "votes": facts.votes}} if is_rated else {}
    return {
        "mediaType": facts.key.media_type,
        "tmdbId": facts.key.tmdb_id,
        "title": facts.title,
        "originalTitle": facts.original_title,
        "trigrams": terms(facts.title, facts.original_title),
        "status": record.status.value,
        "overview": facts.overview,
        "posterPath": facts.poster_path,
        "backdropPath": facts.backdrop_path,
        "genres": list(facts.genres),
        "network": facts.network,
        "premiereDate": facts.premiere_date,
        "runtime": facts.runtime,
        "externalIds": dict(facts.external_ids),
        "ratings": {**record.ratings, **rating},
        "plot": record.plot,
        "awards": record.awards,
        "seasons": [_listed_fields(season) for season in facts.seasons],
        "syncDueAt": record.due_at,
        "sync": {
            "seasons": {str(number): _record_fields(season) for number, season in record.seasons.items()},
            "events": {event_id: event_fields(event) for event_id, event in record.events.items()},
            "unpublished": sorted(record.unpublished),
            "statusCandidate": None
            if record.status_candidate is None
            else {
                "status": record.status_candidate.status.value,
                "firstSeenAt": record.status_candidate.first_seen_at,
            },
            "statusChanges": record.status_changes,
            "goneSince": record.gone_since,
            "tvdbDates": {str(episode_id): day for episode_id, day in record.tvdb_dates.items()},
            "tvdbCheckedAt": record.tvdb_checked_at,
            "ratingsCheckedAt": record.ratings_checked_at,
        },
    }


def show_record(key: ShowKey, document: Fields, version: Version) -> ShowRecord:
    """The record that a document holds.

    Raises:
        KeyError, TypeError, ValueError: it holds none.
    """
    sync = document["sync"]
    candidate = sync["statusCandidate"]
    ratings = {name: value for name, value in document["ratings"].items() if name != "tmdb"}
    return ShowRecord(
        facts=facts(key, document),
        status=ShowStatus(document["status"]),
        seasons={SeasonNumber(int(number)): _record(fields) for number, fields in sync["seasons"].items()},
        status_candidate=None
        if candidate is None
        else StatusCandidate(ShowStatus(candidate["status"]), candidate["firstSeenAt"]),
        status_changes=sync["statusChanges"],
        events={event_id: event(event_id, fields) for event_id, fields in sync["events"].items()},
        unpublished=frozenset(sync["unpublished"]),
        gone_since=sync["goneSince"],
        tvdb_checked_at=sync["tvdbCheckedAt"],
        tvdb_dates={int(episode_id): day for episode_id, day in sync["tvdbDates"].items()},
        ratings=ratings,
        plot=document["plot"],
        awards=document["awards"],
        ratings_checked_at=sync["ratingsCheckedAt"],
        sync_priority=document["syncPriority"],
        due_at=document["syncDueAt"],
        version=version,
    )


def facts(key: ShowKey, document: Fields) -> ShowFacts:
    """What TMDB says of the show, as far as a document holds it.

    Raises:
        KeyError, TypeError, ValueError: it does not hold all of it.
    """
    rating = document["ratings"].get("tmdb", {})
    return ShowFacts(
        key=key,
        title=document["title"],
        original_title=document["originalTitle"],
        status=ShowStatus(document["status"]),
        overview=document["overview"],
        poster_path=document["posterPath"],
        backdrop_path=document["backdropPath"],
        genres=tuple(document["genres"]),
        network=document["network"],
        premiere_date=document["premiereDate"],
        runtime=document["runtime"],
        rating=rating.get("value"),
        votes=rating.get("votes"),
        external_ids=document["externalIds"],
        seasons=tuple(map(_listed, document["seasons"])),
    )


def event_fields(event: TimelineEvent) -> dict[str, Any]:
    """An event's document."""
    return {
        "type": event.event_type.value,
        "showKey": str(event.show_key),
        "title": event.title,
        "description": event.description,
        "date": event.event_date,
        "season": event.season,
        "episode": event.episode,
        "episodeId": event.episode_id,
        "episodeCount": event.episode_count,
        "isDrop": event.is_drop,
        "isWholeSeason": event.is_whole_season,
        "isWithdrawn": event.is_withdrawn,
        "details": dict(event.details),
        "version": event.version,
    }


def event(event_id: str, fields: Fields) -> TimelineEvent:
    """The event that a document holds."""
    return TimelineEvent(
        event_id=event_id,
        event_type=EventType(fields["type"]),
        show_key=ShowKey.parse(fields["showKey"]),
        title=fields["title"],
        description=fields["description"],
        event_date=fields["date"],
        season=fields["season"],
        episode=fields["episode"],
        episode_id=fields["episodeId"],
        episode_count=fields["episodeCount"],
        is_whole_season=fields["isWholeSeason"],
        is_withdrawn=fields["isWithdrawn"],
        details=fields["details"],
        version=fields["version"],
    )


def season_fields(season: SeasonFacts) -> dict[str, Any]:
    """A season's document, its episodes by TMDB's id."""
    return {
        "number": season.number,
        "seasonId": season.season_id,
        "name": season.name,
        "airDate": season.air_date,
        "posterPath": season.poster_path,
        "episodes": {
            str(episode.episode_id): {
                "number": episode.number,
                "name": episode.name,
                "airDate": episode.air_date,
                "airDateSource": episode.air_date_source,
                "overview": episode.overview,
                "runtime": episode.runtime,
                "stillPath": episode.still_path,
                "type": episode.episode_type,
            }
            for episode in season.episodes
        },
    }


def season(document: Fields) -> SeasonFacts:
    """The season that a document holds."""
    episodes = [
        EpisodeFacts(
            episode_id=int(episode_id),
            number=fields["number"],
            name=fields["name"],
            air_date=fields["airDate"],
            overview=fields["overview"],
            runtime=fields["runtime"],
            still_path=fields["stillPath"],
            episode_type=fields["type"],
            air_date_source=fields["airDateSource"],
        )
        for episode_id, fields in document["episodes"].items()
    ]
    return SeasonFacts(
        number=SeasonNumber(document["number"]),
        season_id=document["seasonId"],
        name=document["name"],
        air_date=document["airDate"],
        poster_path=document["posterPath"],
        episodes=tuple(sorted(episodes, key=lambda episode: (episode.number, episode.episode_id))),
    )


def _listed_fields(season: ListedSeason) -> dict[str, Any]:
    return {
        "number": season.number,
        "seasonId": season.season_id,
        "name": season.name,
        "airDate": season.air_date,
        "episodeCount": season.episode_count,
        "posterPath": season.poster_path,
    }


def _listed(fields: Fields) -> ListedSeason:
    return ListedSeason(
        number=SeasonNumber(fields["number"]),
        season_id=fields["seasonId"],
        name=fields["name"],
        air_date=fields["airDate"],
        episode_count=fields["episodeCount"],
        poster_path=fields["posterPath"],
    )


def _record_fields(season: SeasonRecord) -> dict[str, Any]:
    return {
        "digest": season.digest,
        "episodeCount": season.episode_count,
        "listedCount": season.listed_count,
        "listedAirDate": season.listed_air_date,
        "latestAirDate": season.latest_air_date,
        "isIncomplete": season.is_incomplete,
        "changedAt": season.changed_at,
        "checkedAt": season.checked_at,
        "missingSince": season.missing_since,
    }


def _record(fields: Fields) -> SeasonRecord:
    changed_at, checked_at = fields["changedAt"], fields["checkedAt"]
    if not isinstance(changed_at, datetime) or not isinstance(checked_at, datetime):
        raise TypeError("a season's record has no times")
    return SeasonRecord(
        digest=fields["digest"],
        episode_count=fields["episodeCount"],
        listed_count=fields["listedCount"],
        listed_air_date=fields["listedAirDate"],
        latest_air_date=fields["latestAirDate"],
        is_incomplete=fields["isIncomplete"],
        changed_at=changed_at,
        checked_at=checked_at,
        missing_since=fields["missingSince"],
    )
