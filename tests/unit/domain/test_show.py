"""What a show is called, and how far it is."""

import pytest

from shared.domain.show import MediaType, ShowKey, ShowStatus, status_of


@pytest.mark.parametrize(
    ("text", "media_type", "tmdb_id"),
    [
        ("tv_1396", "tv", 1396),
        ("movie_1396", "movie", 1396),
        ("tv_1", "tv", 1),
        ("tv_" + "9" * 16, "tv", 10**16 - 1),
    ],
)
def test_a_key_is_read_and_written_the_same(text: str, media_type: MediaType, tmdb_id: int) -> None:
    assert ShowKey.parse(text) == ShowKey(media_type, tmdb_id)
    assert str(ShowKey(media_type, tmdb_id)) == text


@pytest.mark.parametrize(
    "text",
    [
        *["", "1396", "tv", "tv_", "tv_0", "tv_01", "tv_-1", "tv_+1", "tv_1.5", "TV_1", "person_1", "tv-1"],
        *[" tv_1", "tv_1 ", "tv_1\n", "tv_1_2", "tv_１", "tv_1/seasons/1", "tv_" + "9" * 17],
    ],
)
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="a show key is"):
        ShowKey.parse(text)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Returning Series", ShowStatus.RETURNING),
        ("In Production", ShowStatus.IN_PRODUCTION),
        ("Planned", ShowStatus.PLANNED),
        ("Pilot", ShowStatus.PILOT),
        ("Ended", ShowStatus.ENDED),
        ("Canceled", ShowStatus.CANCELED),
        ("Cancelled", ShowStatus.CANCELED),
        ("Rumored", ShowStatus.RUMORED),
        ("Post Production", ShowStatus.POST_PRODUCTION),
        ("Released", ShowStatus.RELEASED),
        (" returning series ", ShowStatus.RETURNING),
        ("ENDED", ShowStatus.ENDED),
        ("On Hiatus", ShowStatus.UNKNOWN),
        ("unknown", ShowStatus.UNKNOWN),
        ("", ShowStatus.UNKNOWN),
        (None, ShowStatus.UNKNOWN),
    ],
)
def test_each_status_of_tmdb_is_one_of_ours(text: str | None, status: ShowStatus) -> None:
    assert status_of(text) is status


def test_only_what_was_ended_or_cancelled_is_over() -> None:
    assert {status for status in ShowStatus if status.is_over} == {ShowStatus.ENDED, ShowStatus.CANCELED}
