"""From OMDb's JSON to the domain. Pure."""

import re
from collections.abc import Iterator

from pydantic import ValidationError

from shared.adapters.omdb.wire import WireAnswer, WireRating, WireTitle
from shared.adapters.text import storable
from shared.domain.ratings import OmdbTitle
from shared.errors import DailyLimitReached, Malformed, Rejected, UpstreamError

SERVICE = "omdb"

_LIMIT = re.compile(r"\blimit\b", re.IGNORECASE)
_RATING = re.compile(r"(10|\d)(\.\d+)?", re.ASCII)
_VOTES = re.compile(r"\d{1,12}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3})%", re.ASCII)
_SCORE = re.compile(r"(\d{1,3})(?:/100)?", re.ASCII)


def title(body: object) -> OmdbTitle | None:
    """A title from an answer's body, or None where the answer says that there is none.

    Raises:
        Malformed: it is not an answer of OMDb's.
    """
    try:
        sent = WireTitle.model_validate(body)
    except ValidationError as error:
        raise Malformed(SERVICE, "the answer is not a title") from error
    if sent.response == "False":
        return None
    ratings = dict(_ratings(sent.ratings))
    return OmdbTitle(
        imdb_rating=_rating(sent.imdb_rating),
        imdb_votes=_votes(sent.imdb_votes),
        rotten_tomatoes_percent=_of_hundred(_PERCENT, ratings.get("Rotten Tomatoes")),
        metacritic_score=_of_hundred(_SCORE, sent.metascore)
        if _known(sent.metascore)
        else _of_hundred(_SCORE, ratings.get("Metacritic")),
        plot=_known(sent.plot),
        awards=_known(sent.awards),
    )


def error(status: int, body: object) -> UpstreamError | None:
    """What OMDb means by an error: that the day's limit is reached is a 401, as a wrong key is.

    Its sentence is read and not repeated, since it has been seen to hold what looks like a key.
    """
    if status != 401:
        return None
    try:
        WireAnswer.model_validate(body)
    except ValidationError:
        return None
    sentence = body.get("Error") if isinstance(body, dict) else None
    if isinstance(sentence, str) and _LIMIT.search(sentence):
        return DailyLimitReached(SERVICE, "the calls of this day are used up")
    return Rejected(SERVICE, "our key is refused")


def _ratings(sent: object) -> Iterator[tuple[str, str]]:
    for item in sent if isinstance(sent, list) else []:
        try:
            rating = WireRating.model_validate(item)
        except ValidationError:
            continue
        yield rating.source, rating.value


def _known(value: object) -> str | None:
    """A text that says something."""
    text = storable(value) if isinstance(value, str) else None
    return None if text == "N/A" else text


def _rating(value: object) -> float | None:
    text = _known(value)
    return float(text) if text is not None and _RATING.fullmatch(text) and float(text) <= 10 else None


def _votes(value: object) -> int | None:
    text = (_known(value) or "").replace(",", "")
    return int(text) if _VOTES.fullmatch(text) else None


def _of_hundred(pattern: re.Pattern[str], value: object) -> int | None:
    found = pattern.fullmatch(_known(value) or "")
    number = int(found[1]) if found else None
    return number if number is not None and number <= 100 else None
