"""Which of TheTVDB's dates an episode takes that TMDB gives none.

The two number episodes differently, and renumber them, so the number decides nothing: an episode is found by
its TheTVDB id or by its title, and a title only where it cannot mean another episode. A date that is missing
does less harm than a wrong one.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undated:
    """An episode of a show to which TMDB gives no date; `tvdb_id` is None where it is not known."""

    episode_id: int
    season: int
    number: int
    name: str | None
    tvdb_id: int | None = None


@dataclass(frozen=True, slots=True)
class DatedEpisode:
    """An episode as TheTVDB lists it; `aired` is a day as `YYYY-MM-DD`, or None where it knows none."""

    tvdb_id: int
    season: int
    number: int
    name: str | None
    aired: str | None


def dates_from_tvdb(
    undated: Sequence[Undated],
    tvdb: Sequence[DatedEpisode],
    *,
    other_names: Iterable[str | None] = (),
) -> Mapping[int, str]:
    """The dates by TMDB's episode id, of those episodes that are found.

    An episode is found by its TheTVDB id; where that is not known, by its title: the same one in the same
    season, which no other episode of the show has on either side, and which is not a placeholder.
    `tvdb` is the whole show, and `other_names` are those of the show's other episodes at TMDB: without them
    the title of an episode that TMDB does date may look as if it could only mean an undated one.
    """
    by_id = {episode.tvdb_id: episode for episode in tvdb}
    claims = Counter(episode.tvdb_id for episode in undated if episode.tvdb_id is not None)
    ours = Counter(title_key(name) for name in (*other_names, *(episode.name for episode in undated)))
    theirs = Counter(title_key(episode.name) for episode in by_id.values())
    by_title = {
        (episode.season, title): episode
        for episode in by_id.values()
        if (title := title_key(episode.name)) is not None
        and ours[title] == theirs[title] == 1
        and episode.tvdb_id not in claims
    }
    dates: dict[int, str] = {}
    for episode in undated:
        if episode.tvdb_id is None:
            title = title_key(episode.name)
            found = None if title is None else by_title.get((episode.season, title))
        else:
            # Two episodes that say they are the same one: which of them is it?
            found = by_id.get(episode.tvdb_id) if claims[episode.tvdb_id] == 1 else None
        if found is not None and found.aired is not None:
            dates[episode.episode_id] = found.aired
    return dates


_MARKUP = re.compile(r"</?[A-Za-z]{1,6}/?>")
_SOUNDS = re.compile("[\u0300-\u036f]")

_NUMBER = (
    r"(\d+|[ivx]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(thir|four|fif|six|seven|eigh|nine)teen|(twenty|thirty)[a-z]*)"
)
_PLACEHOLDER = re.compile(
    rf"(season{_NUMBER})?{_NUMBER}?(episode|chapter|part|week|day)({_NUMBER}|tb[acd])?"
    r"|(episodio|folge|aflevering|avsnitt|odcinek|bolum|серия|эпизод)\d+|\d+(bolum|серия|эпизод)"
    r"|(s\d+)?ep?\d+|\d+|[第제]?\d+[話话集回화회]"
    r"|tb[acd]|tobe(announced|confirmed|determined)|untitled(episode)?|unknown|notitle|noname"
)
"""Keys that say no more than a number, or nothing yet, in the languages that were met."""


def title_key(name: str | None) -> str | None:
    """What is left of a title without case, punctuation, diacritics, blanks and markup.

    None where nothing is left, and for a placeholder: a title that says no more than a number.
    """
    if name is None:
        return None
    # Accents of the Latin, Greek and Cyrillic letters alone: elsewhere marks make other letters of them.
    plain = _SOUNDS.sub("", unicodedata.normalize("NFKD", _MARKUP.sub("", name)))
    key = "".join(
        character
        for character in unicodedata.normalize("NFC", plain).casefold()
        if unicodedata.category(character)[0] in "LMN"
    )
    return None if not key or _PLACEHOLDER.fullmatch(key) else key
