"""Answers that apps may keep."""

import pytest

from functions.api.cached import Revalidation

BODY = '{"title":"Breaking Bad"}'
TAG = Revalidation().answer(BODY, max_age=60).headers["ETag"]


@pytest.mark.parametrize(
    ("held", "status"),
    [
        (None, 200),
        ("", 200),
        ('"other"', 200),
        (TAG.strip('"'), 200),
        (TAG, 304),
        (f"W/{TAG}", 304),
        (f'"other", W/{TAG} ', 304),
        ("*", 304),
    ],
)
def test_what_the_app_has_is_not_sent_again(held: str | None, status: int) -> None:
    answer = Revalidation(held).answer(BODY, max_age=60)

    assert answer.status_code == status
    assert bytes(answer.body) == (BODY.encode() if status == 200 else b"")
    assert (answer.headers["ETag"], answer.headers["Vary"]) == (TAG, "Authorization")
    assert answer.headers["Cache-Control"] == "private, max-age=60"


def test_another_answer_has_another_tag() -> None:
    assert Revalidation().answer(BODY + " ", max_age=60).headers["ETag"] != TAG


def test_an_answer_that_others_can_make_wrong_is_asked_about_each_time() -> None:
    assert Revalidation().answer(BODY, max_age=0).headers["Cache-Control"] == "private, no-cache"
