"""Search by titles that are misspelled, half typed, or written without their accents.

As Postgres' `pg_trgm` does it: https://www.postgresql.org/docs/current/pgtrgm.html. A text is the set of the
groups of three letters in its words, each word with two blanks before it and one behind.

Beside these a document keeps its shortest words whole (` er `): of their groups too many titles have each.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from shared.domain.show_listing import ShowListing, without_doubles

LONGEST_QUERY = 200
"""In characters. No title that people search for is longer."""

LONGEST_TITLE = 120
"""What is further behind in a title is not searched."""

MOST_TERMS = 15
"""Firestore takes 30 alternatives a query, and the two kinds of shows double them:
https://firebase.google.com/docs/firestore/query-data/queries#limits_on_or_queries
"""

SIMILAR = 0.3
SIMILAR_WORDS = 0.6
"""From where on pg_trgm takes two texts, and a text and a part of another, for similar."""

# What Unicode takes for letters of their own, and people without such keys for others.
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
        "ĸ": "k",
        "ə": "e",
        "ɓ": "b",
        "ɗ": "d",
        "ƒ": "f",
        "ĳ": "ij",
    }
)

# An apostrophe is left out by half of those who type, and does not end a word.
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´‘")

_COMMON_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "das",
        "de",
        "der",
        "die",
        "el",
        "en",
        "et",
        "in",
        "la",
        "las",
        "le",
        "les",
        "los",
        "of",
        "on",
        "the",
        "to",
        "un",
        "und",
        "with",
        "y",
    ]
)
_COMMON_TRIGRAMS = frozenset(
    [
        "the",
        "and",
        "ing",
        "ion",
        "ter",
        "ers",
        "her",
        "ver",
        "ent",
        "ith",
        "wit",
        "ati",
        "der",
        "tio",
        "est",
        "nte",
        "con",
        "tar",
        "all",
        "sta",
        "men",
    ]
)


def folded(text: str) -> str:
    """The text as all spellings of it become the same: no case, no accents, one blank between words."""
    spelled = text.translate(_APOSTROPHES).casefold()
    # The fold gives letters with marks at times (`İ`), and the decomposition capitals (`ℌ`).
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", spelled).casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join("".join(map(_kept, letters.translate(_LETTERS))).split())


def readable(query: str) -> str:
    """The query without what nobody sees: control and formatting characters, and blanks beside blanks."""
    kept = (letter for letter in query if unicodedata.category(letter) not in {"Cf", "Cs"})
    shown = (" " if unicodedata.category(letter) in {"Cc", "Zl", "Zp", "Zs"} else letter for letter in kept)
    return " ".join("".join(shown).split())


def trigrams(text: str) -> frozenset[str]:
    """The groups of three of a text's words; none where it has neither letters nor digits."""
    return frozenset(_ordered(folded(text)))


def terms(*titles: str | None) -> list[str]:
    """What a document is found by: the groups of its titles, and their shortest words, in a certain order."""
    found: set[str] = set()
    for title in titles:
        text = folded(title or "")[:LONGEST_TITLE]
        found.update(_ordered(text), (f" {word} " for word in text.split() if len(word) <= _SHORT))
    return sorted(found)


def telling_terms(query: str, most: int = MOST_TERMS) -> list[str]:
    """Those terms of a query that say most, of each of its words some, so that one of them may be wrong.

    Common words count where there are no others.
    """
    words = list(dict.fromkeys(folded(query)[:LONGEST_TITLE].split()))
    rare = [word for word in words if word not in _COMMON_WORDS] or words
    by_word = [_telling(word) for word in sorted(rare, key=len, reverse=True)]
    found: dict[str, None] = {}
    for place in range(max(map(len, by_word), default=0)):
        found.update(dict.fromkeys(of_word[place] for of_word in by_word if place < len(of_word)))
    return list(found)[:most]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a query is to a title as a `whole`, and to the best `part` of it, each from 0 to 1."""

    whole: float
    part: float

    @property
    def is_match(self) -> bool:
        return self.whole >= SIMILAR or self.part >= SIMILAR_WORDS

    @property
    def score(self) -> float:
        """What ranks: a title that is the query goes before one that merely holds it."""
        return (self.whole + self.part) / 2


def likeness(query: str, title: str) -> Likeness:
    """pg_trgm's `similarity` and `word_similarity` of a query and a title."""
    return _likeness(trigrams(query), title)


def ranked(query: str, listings: Iterable[ShowListing]) -> list[ShowListing]:
    """Those that the query can mean, the most alike first, each once.

    Of what is alike to a hundredth, what more of our users follow goes first, then what more have voted for.
    """
    asked = trigrams(query)
    found = []
    for listing in without_doubles(listings):
        likenesses = [_likeness(asked, title) for title in (listing.title, listing.original_title) if title]
        matching = [each.score for each in likenesses if each.is_match]
        if matching:
            found.append((round(max(matching), 2), listing))
    found.sort(key=lambda each: (-each[0], -each[1].followers, -each[1].votes, str(each[1].key)))
    return [listing for _, listing in found]


_SHORT = 3
"""Words up to so many letters are found whole too."""


def _kept(letter: str) -> str:
    # Vowel signs of Indic scripts are marks, and belong to the word. What only formats is within one too.
    category = unicodedata.category(letter)
    if category == "Cf":
        return ""
    return letter if letter.isalnum() or category in {"Mc", "Mn"} else " "


def _ordered(text: str) -> list[str]:
    """The groups of a folded text in their order, repeated ones too."""
    return [
        padded[start : start + 3]
        for word in text[:LONGEST_TITLE].split()
        for padded in (f"  {word} ",)
        for start in range(len(padded) - 2)
    ]


def _telling(word: str) -> list[str]:
    """The terms of a word, the most telling first, neighbours apart: a wrong letter spoils three in a row."""
    if len(word) < _SHORT:
        return [f" {word} ", f"  {word}"[-3:]]
    within = [word[start : start + 3] for start in range(len(word) - 2)]
    apart = [*within[::2], *within[1::2]]
    rare = [group for group in apart if group not in _COMMON_TRIGRAMS]
    common = [group for group in apart if group in _COMMON_TRIGRAMS]
    whole = [f" {word} "] if len(word) <= _SHORT else []
    return [*whole, *rare, f"{word[-2:]} ", f" {word[:2]}", *common]


def _likeness(asked: frozenset[str], title: str) -> Likeness:
    ordered = _ordered(folded(title))
    groups = frozenset(ordered)
    common = len(asked & groups)
    if not common:
        return Likeness(0.0, 0.0)
    return Likeness(common / len(asked | groups), _part(asked, ordered))


def _part(asked: Collection[str], ordered: Sequence[str]) -> float:
    """The greatest similarity of the query and any stretch of the title."""
    places = [place for place, group in enumerate(ordered) if group in asked]
    best = 0.0
    for index, first in enumerate(places):
        if (len(places) - index) / len(asked) <= best:
            break  # what is left cannot be more alike
        groups: set[str] = set()
        common, begin = 0, first
        for last in places[index:]:
            groups.update(ordered[begin:last])
            common += ordered[last] not in groups
            groups.add(ordered[last])
            begin = last + 1
            best = max(best, common / (len(asked) + len(groups) - common))
    return best
