"""TheTVDB's shapes to say facts in, as the recorded answers have them.

What the facts leave out is empty: prose, images, people, companies.
"""

from collections.abc import Mapping
from typing import Any

Facts = dict[str, Any]

# A series names its default order by number.
SEASON_TYPES = {1: "official", 2: "dvd", 3: "absolute", 4: "alternate", 5: "regional", 6: "altdvd"}

_SEASON_TYPE_NAMES = {
    "official": "Aired Order",
    "dvd": "DVD Order",
    "absolute": "Absolute Order",
    "alternate": "Alternate Order",
    "regional": "Regional Order",
    "altdvd": "Alternate DVD Order",
}
_STATUSES = {"Continuing": (1, True), "Ended": (2, False), "Upcoming": (3, True)}
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NO_COMPANIES = dict.fromkeys(("studio", "network", "production", "distributor", "special_effects"))
# Present only in the episodes that have it.
_RARE_IN_EPISODES = (
    *("airsBeforeSeason", "airsBeforeEpisode", "airsAfterSeason", "absoluteNumber", "linkedMovie"),
    *("seasonName", "year"),
)


def series_record(series: Mapping[str, Any]) -> Facts:
    """A series as in `GET /series/{id}`."""
    return {
        "id": series["id"],
        "name": series["name"],
        "slug": series.get("slug", f"series-{series['id']}"),
        "image": None,
        "nameTranslations": series.get("nameTranslations"),
        "overviewTranslations": None,
        "aliases": series.get("aliases"),
        "firstAired": series.get("firstAired", ""),
        "lastAired": series.get("lastAired", ""),
        "nextAired": series.get("nextAired", ""),
        "score": series.get("score", 0),
        "status": _status(series.get("status")),
        "originalCountry": series.get("originalCountry", "usa"),
        "originalLanguage": series.get("originalLanguage", "eng"),
        "defaultSeasonType": series.get("defaultSeasonType", 1),
        "isOrderRandomized": series.get("isOrderRandomized", False),
        "lastUpdated": series.get("lastUpdated", ""),
        "averageRuntime": series.get("averageRuntime"),
        "episodes": None,
        "overview": None,
        "year": series.get("year", series.get("firstAired", "")[:4]),
    }


def extended_series_record(series: Mapping[str, Any], *, is_short: bool) -> Facts:
    """A series as in `GET /series/{id}/extended`."""
    seasons = [season_record(series["id"], season) for season in series.get("seasons", [])]
    types = {season["type"]["id"]: season["type"] for season in seasons}
    return {
        **series_record(series),
        "artworks": None if is_short else [],
        "companies": [],
        "originalNetwork": None,
        "latestNetwork": None,
        "genres": [],
        "trailers": [],
        "lists": [],
        "remoteIds": series.get("remoteIds", []),
        "characters": None if is_short else [],
        "airsDays": series.get("airsDays", dict.fromkeys(_DAYS, False)),
        "airsTime": series.get("airsTime"),
        "seasons": seasons,
        "tags": [],
        "contentRatings": [],
        "seasonTypes": [types[id_] for id_ in sorted(types)],
    }


def season_record(series_id: int, season: Mapping[str, Any]) -> Facts:
    """A season as it stands in its series."""
    return {
        "id": season["id"],
        "seriesId": series_id,
        "type": _season_type(season.get("type", "official")),
        "number": season["number"],
        "nameTranslations": [],
        "overviewTranslations": [],
        "image": None,
        "imageType": None,
        "companies": _NO_COMPANIES,
        "lastUpdated": season.get("lastUpdated", ""),
    }


def episode_record(series_id: int, episode: Mapping[str, Any]) -> Facts:
    """An episode as it stands in a list, with the numbers that the facts give first."""
    aired = episode.get("aired")
    return {
        "id": episode["id"],
        "seriesId": series_id,
        "name": episode.get("name"),
        "aired": aired,
        "runtime": episode.get("runtime"),
        "nameTranslations": episode.get("nameTranslations"),
        "overview": None,
        "overviewTranslations": None,
        "image": None,
        "imageType": None,
        "isMovie": episode.get("isMovie", 0),
        "seasons": None,
        "number": episode.get("number"),
        "seasonNumber": episode.get("seasonNumber"),
        "lastUpdated": episode.get("lastUpdated", ""),
        "finaleType": episode.get("finaleType"),
        **({"year": aired[:4]} if aired else {}),
        **{key: episode[key] for key in _RARE_IN_EPISODES if key in episode},
    }


def seasons_of_episode(series: Mapping[str, Any], orders: Mapping[str, list[int]]) -> list[Facts]:
    """The seasons that an episode is in, of every order, as `GET /episodes/{id}` names them."""
    return [
        {key: season_record(series["id"], season)[key] for key in ("id", "seriesId", "type")}
        for season in series.get("seasons", [])
        if orders.get(season["type"], [None])[0] == season["number"]
    ]


def search_result(series: Mapping[str, Any]) -> Facts:
    """A series as the search tells it, under names of its own."""
    id_ = f"series-{series['id']}"
    record = series_record(series)
    return {
        "objectID": id_,
        "aliases": names_of(series)[1:],
        "country": record["originalCountry"],
        "id": id_,
        "image_url": None,
        "name": series["name"],
        "first_air_time": record["firstAired"],
        "overview": None,
        "primary_language": record["originalLanguage"],
        "primary_type": "series",
        "status": record["status"]["name"],
        "type": "series",
        "tvdb_id": str(series["id"]),
        "year": record["year"],
        "slug": record["slug"],
        "overviews": {},
        "translations": series.get("names", {}),
        "network": None,
        "remote_ids": series.get("remoteIds", []),
        "thumbnail": None,
    }


def translations_record(series: Mapping[str, Any]) -> Facts:
    """What `meta=translations` adds to a series."""
    names = series.get("names", {}).items()
    return {
        "nameTranslations": [{"name": name, "language": language} for language, name in names],
        "overviewTranslations": [],
        "aliases": [alias["name"] for alias in series.get("aliases") or []],
    }


def names_of(series: Mapping[str, Any]) -> list[str]:
    """The name of a series, then its others, once each; not those that are translations of it."""
    aliases = [alias["name"] for alias in series.get("aliases") or []]
    return list(dict.fromkeys([series["name"], *aliases, *series.get("other_names", [])]))


def _status(name: str | None) -> Facts:
    # So it was recorded where a series is told in passing.
    if name not in _STATUSES:
        return {"id": None, "name": None, "recordType": "", "keepUpdated": False}
    id_, keep_updated = _STATUSES[name]
    return {"id": id_, "name": name, "recordType": "series", "keepUpdated": keep_updated}


def _season_type(type_: str) -> Facts:
    ids = {name: id_ for id_, name in SEASON_TYPES.items()}
    return {"id": ids[type_], "name": _SEASON_TYPE_NAMES[type_], "type": type_, "alternateName": None}
