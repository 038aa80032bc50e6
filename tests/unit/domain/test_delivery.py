"""A delivery as Eventarc hands it over, and what is put on a dead-letter topic."""

import base64

import pytest

from shared.domain.delivery import LONGEST_ATTRIBUTE_BYTES, MOST_ATTRIBUTES, Delivery
from shared.errors import InvalidRequest


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_what_eventarc_sends_is_read() -> None:
    delivery = Delivery.parse(
        {
            "message": {
                "data": encoded(b"{}"),
                "attributes": {"colour": "blue"},
                "messageId": "17",
                "publishTime": "2026-11-21T12:00:00Z",
            },
            "subscription": "projects/p/subscriptions/s",
            "deliveryAttempt": 3,
        }
    )

    assert delivery == Delivery("17", 3, b"{}", {"colour": "blue"})


@pytest.mark.parametrize("attempt", [None, 0, -1, "2", 1.5])
def test_an_attempt_that_is_not_told_is_the_first(attempt: object) -> None:
    assert Delivery.parse({"message": {}, "deliveryAttempt": attempt}) == Delivery("", 1, b"", {})


@pytest.mark.parametrize("data", [None, [], "x", {}, {"message": None}, {"message": "x"}])
def test_another_event_is_refused(data: object) -> None:
    with pytest.raises(InvalidRequest, match="no Pub/Sub message"):
        Delivery.parse(data)


@pytest.mark.parametrize("data", ["?", "e30", 5, ["e30="]])
def test_data_that_is_not_base64_is_refused(data: object) -> None:
    with pytest.raises(InvalidRequest, match="base64"):
        Delivery.parse({"message": {"data": data}})


def test_a_dead_letter_tells_why_and_keeps_what_it_was() -> None:
    letter = Delivery("17", 3, b"data", {"colour": "blue"}).as_dead_letter(function="show_sync", reason="no")

    assert letter.data == b"data"
    assert letter.attributes == {
        "colour": "blue",
        "deadLetterFunction": "show_sync",
        "deadLetterMessageId": "17",
        "deadLetterAttempts": "3",
        "deadLetterReason": "no",
    }


@pytest.mark.parametrize("count", [0, 95, 96, 97, 100])
def test_a_dead_letter_has_no_more_attributes_than_pubsub_takes(count: int) -> None:
    sent = {f"name-{number}": "x" for number in range(count)}
    letter = Delivery("17", 1, b"", sent).as_dead_letter(function="f", reason="no")

    assert len(letter.attributes) == min(count + 4, MOST_ATTRIBUTES)
    assert letter.attributes["deadLetterReason"] == "no"


def test_one_that_was_a_dead_letter_before_keeps_all_it_can() -> None:
    sent = {f"name-{number}": "x" for number in range(96)} | {"deadLetterReason": "yes", "deadLetterId": "1"}
    letter = Delivery("17", 1, b"", sent).as_dead_letter(function="f", reason="no")

    assert [name for name in sent if name not in letter.attributes] == ["deadLetterId"]
    assert letter.attributes["deadLetterReason"] == "no"


def test_attributes_that_google_keeps_for_itself_are_left_out() -> None:
    sent = {"googclient_schemaencoding": "JSON", "goal": "kept"}
    letter = Delivery("17", 1, b"", sent).as_dead_letter(function="f", reason="no")

    assert {"goal", "googclient_schemaencoding"} & letter.attributes.keys() == {"goal"}


def test_a_long_reason_is_cut_where_pubsub_would_refuse_it() -> None:
    letter = Delivery("", 1, b"", {}).as_dead_letter(function="f", reason="é" * LONGEST_ATTRIBUTE_BYTES)

    assert letter.attributes["deadLetterReason"] == "é" * (LONGEST_ATTRIBUTE_BYTES // 2)
