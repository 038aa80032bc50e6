"""The one list of functions, and what must agree with it."""

import importlib
import inspect
import re

import pytest

from functions import catalog, main
from functions.catalog import FUNCTIONS, Function
from shared.errors import Misconfigured

each = pytest.mark.parametrize("row", FUNCTIONS, ids=[row.name for row in FUNCTIONS])


def test_the_deployed_names_are_those_of_the_catalogue() -> None:
    assert sorted(main.__all__) == sorted(row.name for row in FUNCTIONS)


def test_names_and_paths_are_used_once() -> None:
    names = [row.name for row in FUNCTIONS]
    paths = [row.path for row in FUNCTIONS if row.path is not None]

    assert len(names) == len(set(names))
    assert len(paths) == len(set(paths))


def test_all_instances_together_stay_within_tmdbs_limit() -> None:
    total = sum(row.tmdb_calls * row.max_instances for row in FUNCTIONS)

    assert 0 < total <= catalog.TMDB_CALLS_PER_10_SECONDS == 40


@each
def test_the_module_has_the_entry_point_under_its_own_name(row: Function) -> None:
    entry = getattr(importlib.import_module(row.module), row.name)

    assert inspect.iscoroutinefunction(entry)
    assert entry.__name__ == row.name
    assert getattr(main, row.name) is entry
    assert row.module.rsplit(".", 1)[1] in {row.name, f"{row.kind}_{row.name}"}


@each
def test_a_row_says_what_its_kind_needs(row: Function) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*[a-z]", row.name)
    assert re.fullmatch(r"\d+(Mi|Gi)", row.memory)
    assert 0 < row.timeout_seconds <= (3600 if row.kind == "http" else 1800)
    assert row.concurrency >= 1
    assert 0 <= row.min_instances <= row.max_instances
    assert (row.path is not None) == (row.kind == "http")
    assert (row.cron is not None) == (row.kind == "scheduled")
    assert row.kind == "http" or not row.is_public
    assert (row.tmdb_calls > 0) == ("TMDB_ACCESS_TOKEN" in row.secrets)


@each
def test_a_row_is_found_by_its_name(row: Function) -> None:
    assert catalog.function(row.name) is row


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(KeyError, match="enrich_sweep"):
        catalog.function("enrich-sweep")
    with pytest.raises(AttributeError, match="enrich_sweep"):
        _ = main.enricher


@each
def test_no_function_is_handed_out_on_cloud_run_beside_an_emulator(
    monkeypatch: pytest.MonkeyPatch, row: Function
) -> None:
    monkeypatch.setenv("K_SERVICE", row.name)
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099")

    with pytest.raises(Misconfigured):
        getattr(main, row.name)
