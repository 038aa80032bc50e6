"""Search by title, as pg_trgm would do it."""

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from shared.domain.search import (
    LONGEST_TITLE,
    MOST_TERMS,
    Likeness,
    folded,
    likeness,
    ranked,
    readable,
    telling_terms,
    terms,
    trigrams,
)
from shared.domain.show import ShowKey
from shared.domain.show_listing import ShowListing
from tests.recordings import recordings_folder

_ids = count(1)


def show(title: str, original: str | None = None, *, followers: int = 0, votes: int = 0) -> ShowListing:
    key = ShowKey("tv", next(_ids))
    return ShowListing(key, title, original, followers=followers, votes=votes)


# Titles of real shows and movies; those that no kept fact tells have their original names.
TITLES = [
    show("Breaking Bad"),
    show("Game of Thrones"),
    show("House of the Dragon"),
    show("The Lord of the Rings: The Rings of Power"),
    show("Severance"),
    show("Dark"),
    show("Dark Matter"),
    show("The Wire"),
    show("ER"),
    show("24"),
    show("You"),
    show("Grey's Anatomy"),
    show("Squid Game", "오징어 게임"),
    show("Attack on Titan", "進撃の巨人"),
    show("Bares für Rares"),
    show("El Señor de los Cielos"),
    show("Na Wspólnej"),
    show("Diriliş: Ertuğrul"),
    show("Kısmet"),
    show("Dříve než půjdu spát"),
    show("Große Freiheit"),
    show("Borgen", "Borgen – Magten & æren"),
    show("Ølhunden Berit"),
    show("Shtisel", "שטיסל"),
    show("The Message", "الرسالة"),
    show("M*A*S*H"),
    show("Star Wars: Visions Presents - The Ninth Jedi"),
    show("Star Trek: Strange New Worlds"),
    show("Overhaulin'"),
]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("BREAKING Bad", "breaking bad"),
        ("El Señor de los Cielos", "el senor de los cielos"),
        ("Große", "grosse"),
        ("GROẞE", "grosse"),
        ("Ølhunden", "olhunden"),
        ("Na Wspólnej", "na wspolnej"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("ISTANBUL", "istanbul"),
        ("Kısmet", "kismet"),
        ("Ærø", "aero"),
        ("Ἀθῆναι", "αθηναι"),
        ("Ёлки", "елки"),
        ("ﬁne", "fine"),
        ("ℌouse", "house"),
        ("Grey's Anatomy", "greys anatomy"),
        ("Grey’s Anatomy", "greys anatomy"),
        ("Borgen – Magten & æren", "borgen magten aeren"),
        ("M*A*S*H", "m a s h"),
        ("  Dark\t\u00a0Matter \n", "dark matter"),
        ("Dark\ufeff\u200b", "dark"),
        ("１２", "12"),
        ("%_\\*?", ""),
        ("🐉🔥", ""),
        ("", ""),
        ("किताब", "किताब"),
    ],
)
def test_spellings_of_one_name_are_one(text: str, same: str) -> None:
    assert folded(text) == same
    assert folded(same) == same


def test_groups_are_those_of_pg_trgm() -> None:
    # SELECT show_trgm('word'), show_trgm('a cat');
    assert trigrams("word") == {"  w", " wo", "wor", "ord", "rd "}
    assert trigrams("a cat") == {"  a", " a ", "  c", " ca", "cat", "at "}
    assert trigrams("Word word!") == trigrams("word")
    assert trigrams("%") == frozenset()


def test_likeness_is_that_of_pg_trgm() -> None:
    """The example of its documentation: https://www.postgresql.org/docs/current/pgtrgm.html."""
    found = likeness("word", "two words")

    assert found.whole == pytest.approx(0.363636, abs=1e-6)
    assert found.part == pytest.approx(0.8)
    assert likeness("dark", "Dark") == Likeness(1.0, 1.0)
    assert likeness("dark", "Silo") == Likeness(0.0, 0.0)
    assert likeness("🐉", "Silo") == likeness("silo", "") == Likeness(0.0, 0.0)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("breaking bad", "Breaking Bad"),
        ("bad breaking", "Breaking Bad"),
        ("break", "Breaking Bad"),
        ("brekaing bad", "Breaking Bad"),
        ("breking bad", "Breaking Bad"),
        ("gmae of thrones", "Game of Thrones"),
        ("game of tronhes", "Game of Thrones"),
        ("game off thrones", "Game of Thrones"),
        ("game thrones", "Game of Thrones"),
        ("house of dargon", "House of the Dragon"),
        ("lord rings power", "The Lord of the Rings: The Rings of Power"),
        ("severnce", "Severance"),
        ("sev", "Severance"),
        ("se", "Severance"),
        ("dark", "Dark"),
        ("dark mater", "Dark Matter"),
        ("wire", "The Wire"),
        ("er", "ER"),
        ("24", "24"),
        ("you", "You"),
        ("greys anatomy", "Grey's Anatomy"),
        ("squd game", "Squid Game"),
        ("오징어", "Squid Game"),
        ("進撃の", "Attack on Titan"),
        ("bares fur rares", "Bares für Rares"),
        ("senor de los cielos", "El Señor de los Cielos"),
        ("WSPOLNEJ", "Na Wspólnej"),
        ("dirilis ertugrul", "Diriliş: Ertuğrul"),
        ("KISMET", "Kısmet"),
        ("drive nez pujdu spat", "Dříve než půjdu spát"),
        ("grosse freiheit", "Große Freiheit"),
        ("olhunden", "Ølhunden Berit"),
        ("שטיסל", "Shtisel"),
        ("\u200fשטיסל\u200f", "Shtisel"),
        ("الرسالة", "The Message"),
        ("mash", None),
        ("m*a*s*h", "M*A*S*H"),
        ("overhaulin", "Overhaulin'"),
        ("the", "The Wire"),
        ("%", None),
        ("🐉", None),
        ("   ", None),
        ("qqqqqq", None),
        ("x" * 500, None),
    ],
)
def test_what_is_meant_is_found_first(query: str, first: str | None) -> None:
    found = [listing.title for listing in ranked(query, TITLES)]

    assert found[:1] == ([] if first is None else [first])
    # The database is asked for these terms: what is ranked must be among what it gives.
    assert first is None or {*telling_terms(query)} & {
        *terms(*next((one.title, one.original_title) for one in TITLES if one.title == first))
    }


def misspelled(word: str) -> Sequence[str]:
    middle = len(word) // 2
    return (
        word[:middle] + word[middle + 1 :],
        word[:middle] + "x" + word[middle + 1 :],
        word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :],
        word[:middle] + word[middle] + word[middle:],
    )


def recorded_titles() -> list[str]:
    folder = recordings_folder()
    paths = [] if folder is None else [*(folder / "tmdb" / "tv").glob("*.json")]
    facts = Path(__file__).parents[3] / "local" / "stand_ins" / "facts" / "tmdb" / "tv"
    return sorted({json.loads(path.read_text())["name"] for path in [*paths, *facts.glob("*.json")]})


def test_a_typo_in_one_of_three_words_still_finds_it() -> None:
    titles = recorded_titles()
    listings = [show(title) for title in titles]
    tried = 0
    for title in titles:
        words = folded(title).split()
        if len(words) < 3 or len(words) > 5:
            continue
        for place, word in enumerate(words):
            for wrong in misspelled(word) if len(word) >= 4 else ():
                query = " ".join([*words[:place], wrong, *words[place + 1 :]])
                tried += 1
                assert ranked(query, listings)[0].title == title, query
                assert {*telling_terms(query)} & {*terms(title)}, query
    assert tried > 20


def test_what_is_alike_goes_by_followers_and_then_by_votes() -> None:
    few, many, voted = show("Dark", followers=2), show("Dark", followers=9), show("Dark", votes=500)
    other = show("Dark Matter", followers=1_000)

    assert ranked("dark", [few, voted, other, many]) == [many, few, voted, other]
    assert ranked("dark", [few, few]) == [few]


@pytest.mark.parametrize(
    ("query", "most_telling"),
    [
        ("the wire", {"wir", "ire"}),
        ("the the", {" the "}),
        ("er", {" er "}),
        ("of", {" of "}),
        ("a", {" a "}),
    ],
)
def test_the_most_telling_terms_go_first(query: str, most_telling: set[str]) -> None:
    assert {*telling_terms(query)[: len(most_telling)]} == most_telling


def test_every_word_has_its_turn() -> None:
    words = ["breaking", "severance", "anatomy", "dragons"]

    found = telling_terms(" ".join(words))

    assert len(found) == MOST_TERMS
    for word in words:
        assert sum(term in {*terms(word)} for term in found) >= 3


@pytest.mark.parametrize("text", ["x" * 500, "ab " * 166, "🐉" * 500, "ا" * 500, "%" * 500])
def test_however_long_a_text_is_it_has_few_terms(text: str) -> None:
    assert len(telling_terms(text)) <= MOST_TERMS
    assert len(terms(text)) <= LONGEST_TITLE + 2
    assert likeness(text, text).whole in {0.0, 1.0}


def test_terms_of_a_document_are_the_same_each_time() -> None:
    assert terms("You", None) == terms("You", "You") == sorted({"  y", " yo", "you", "ou ", " you "})
    assert terms(None) == terms("%") == []


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (" a \t\n b\u2028c ", "a b c"),
        ("a\x00b", "a b"),
        ("\u200fשטיסל\u200f", "שטיסל"),
        ("\ud800x", "x"),
        ("\ufeff", ""),
        ("🐉", "🐉"),
        ("%", "%"),
    ],
)
def test_what_nobody_sees_is_not_asked_for(query: str, shown: str) -> None:
    assert readable(query) == shown
