"""The memory of one instance: bounded in time and in weight."""

import pytest

from shared.domain.memory import BoundedMemory

LIFETIME = 300.0


def memory(capacity: int = 10) -> BoundedMemory[str, str]:
    return BoundedMemory(capacity=capacity, lifetime=LIFETIME, weigh=len)


def recalled(kept: BoundedMemory[str, str], *keys: str, now: float = 0.0) -> list[str | None]:
    return [kept.recall(key, now) for key in keys]


def test_what_was_never_kept_is_not_there() -> None:
    assert memory().recall("a", 0.0) is None


@pytest.mark.parametrize(
    ("age", "value"),
    [
        pytest.param(0.0, "x", id="at once"),
        pytest.param(LIFETIME - 0.001, "x", id="until its time is over"),
        pytest.param(LIFETIME, None, id="not when it is over"),
    ],
)
def test_a_value_is_kept_for_its_lifetime(age: float, value: str | None) -> None:
    kept = memory()
    kept.remember("a", "x", 1000.0)

    assert kept.recall("a", 1000.0 + age) == value


def test_recalling_does_not_prolong() -> None:
    kept = memory()
    kept.remember("a", "x", 0.0)
    kept.recall("a", LIFETIME - 1)

    assert kept.recall("a", LIFETIME) is None


def test_remembering_again_replaces_and_prolongs() -> None:
    kept = memory()
    kept.remember("a", "old", 0.0)
    kept.remember("a", "new", 100.0)

    assert kept.recall("a", LIFETIME) == "new"


def test_the_longest_unused_goes_first() -> None:
    kept = memory()
    kept.remember("a", "xxxx", 0.0)
    kept.remember("b", "xxxx", 0.0)
    kept.recall("a", 0.0)
    kept.remember("c", "xxxx", 0.0)

    assert recalled(kept, "a", "b", "c") == ["xxxx", None, "xxxx"]


def test_a_heavy_value_takes_the_place_of_several() -> None:
    kept = memory()
    for key in "abc":
        kept.remember(key, "xxx", 0.0)
    kept.remember("d", "x" * 8, 0.0)

    assert recalled(kept, "a", "b", "c", "d") == [None, None, None, "x" * 8]


def test_a_value_that_outweighs_the_memory_is_not_kept_and_drives_nothing_out() -> None:
    kept = memory()
    kept.remember("a", "xxx", 0.0)
    kept.remember("b", "x" * 11, 0.0)

    assert recalled(kept, "a", "b") == ["xxx", None]


def test_a_value_grown_too_heavy_is_not_kept_and_neither_is_the_old_one() -> None:
    kept = memory()
    kept.remember("a", "xxx", 0.0)
    kept.remember("a", "x" * 11, 0.0)

    assert kept.recall("a", 0.0) is None


def test_weight_is_given_back_by_replacing_and_by_expiring() -> None:
    kept = memory()
    for _ in range(50):
        kept.remember("a", "x" * 5, 0.0)
    kept.remember("b", "x" * 5, 0.0)
    assert recalled(kept, "a", "b") == ["x" * 5, "x" * 5]
    assert recalled(kept, "a", "b", now=LIFETIME) == [None, None]

    kept.remember("c", "x" * 10, LIFETIME)

    assert recalled(kept, "c", now=LIFETIME) == ["x" * 10]
