"""What is sent over Pub/Sub, and how it is read again."""

import pytest

from shared.domain.message import ShowSync, decode
from shared.domain.show import ShowKey
from shared.errors import InvalidRequest

TV = ShowKey("tv", 1396)
UNKNOWN = "The message is of an unknown type; 'show_sync' is read here."
WRONG_KEY = "a show key is tv_ or movie_ and a TMDB id, as tv_1396"


@pytest.mark.parametrize("key", [TV, ShowKey("movie", 27205), ShowKey("tv", 2**53)])
def test_a_message_is_read_as_it_was_sent(key: ShowKey) -> None:
    message = ShowSync(show_key=key)

    assert decode(message.encode(), ShowSync) == message


def test_what_is_sent_is_plain_json() -> None:
    assert ShowSync(show_key=TV).encode() == b'{"type":"show_sync","showKey":"tv_1396"}'


def test_fields_of_a_newer_version_are_passed_over() -> None:
    data = b'{"type": "show_sync", "showKey": "tv_1396", "reason": "changed"}'

    assert decode(data, ShowSync).show_key == TV


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The message has no data."),
        (b"{", "The message is not JSON."),
        (b"\xff\xfe", "The message is not JSON."),
        (b"[" * 100_000, "The message is not JSON."),
        (b"null", "The message is not a JSON object."),
        (b"[1]", "The message is not a JSON object."),
        (b'"show_sync"', "The message is not a JSON object."),
        (b"{}", UNKNOWN),
        (b'{"type": "show_Sync"}', UNKNOWN),
        (b'{"type": ["show_sync"]}', UNKNOWN),
        (b'{"type": "show_sync"}', "showKey: Field required"),
        (b'{"type": "show_sync", "showKey": 1396}', "showKey: Input should be an instance of ShowKey"),
        *[
            (b'{"type": "show_sync", "showKey": "%s"}' % key, WRONG_KEY)
            for key in (
                b"",
                b"1396",
                b"tv_",
                b"tv_0",
                b"tv_01",
                b"tv_-1",
                b"TV_1",
                b"film_1",
                b"tv_1 ",
                b"tv_1/x",
            )
        ],
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        decode(data, ShowSync)

    assert sentence in str(raised.value)


def test_the_reason_does_not_hold_what_was_sent() -> None:
    with pytest.raises(InvalidRequest) as raised:
        decode(b'{"type": "show_sync", "showKey": "ada@example.com"}', ShowSync)

    assert "ada" not in str(raised.value)
