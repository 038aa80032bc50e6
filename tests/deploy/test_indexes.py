"""Every query of the code has its index declared: the emulator answers without one, Firestore refuses.

The queries are read from the source. That works while each is built in one chain, from the collection on; a
test says so to whoever splits one.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.firestore import paths

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = sorted((ROOT / "shared" / "adapters").rglob("*.py"))
DECLARED: dict[str, Any] = json.loads((ROOT / "firestore.indexes.json").read_text())

ROOTS = {"collection": "COLLECTION", "collection_group": "COLLECTION_GROUP"}
ORDERS = {"ASCENDING", "DESCENDING"}


@dataclass(frozen=True)
class Query:
    """What of a query decides on its index. `ordered` begins with the field that is compared, if one is."""

    collection: str
    scope: str
    equal: frozenset[str]
    ordered: tuple[tuple[str, str], ...]

    @property
    def needs_composite(self) -> bool:
        """Equalities alone are merged from single-field indexes; so is an order by one field."""
        return len(self.equal) + len(self.ordered) > 1 and len(self.ordered) > 0


def chain_of(call: ast.Call) -> list[ast.Call]:
    """The calls of `a.b(...).c(...)`, first to last."""
    calls: list[ast.Call] = []
    node: ast.expr = call
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        calls.insert(0, node)
        node = node.func.value
    return calls


def method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def constant(node: ast.expr) -> str:
    """A text that stands there, or a constant of `paths.py`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "paths":
        return str(getattr(paths, node.attr))
    assert isinstance(node, ast.Constant), f"line {node.lineno}: write the name itself, so that it is found"
    return str(node.value)


def query_of(calls: list[ast.Call]) -> Query:
    equal: set[str] = set()
    compared: list[tuple[str, str]] = []
    ordered: list[tuple[str, str]] = []
    for call in calls[1:]:
        if method(call) == "where":
            (made,) = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "filter")]
            assert isinstance(made, ast.Call), f"line {call.lineno}: filter by FieldFilter(...)"
            field, operator = map(constant, made.args[:2])
            if operator in {"==", "in", "array_contains", "array_contains_any"}:
                equal.add(field)
            else:
                compared.append((field, "ASCENDING"))
        elif method(call) == "order_by":
            direction = [constant(keyword.value) for keyword in call.keywords if keyword.arg == "direction"]
            ordered.append((constant(call.args[0]), *(direction or ["ASCENDING"])))  # type: ignore[arg-type]
    names = {field for field, _ in ordered}
    ordered = [*(pair for pair in dict.fromkeys(compared) if pair[0] not in names), *ordered]
    kept = tuple((field, order) for field, order in ordered if field != "__name__" and field not in equal)
    assert all(order in ORDERS for _, order in kept)
    return Query(constant(calls[0].args[0]), ROOTS[method(calls[0])], frozenset(equal), kept)


def queries(source: str) -> list[Query]:
    """The queries of a module.

    Raises:
        AssertionError: a filter or an order that belongs to no chain from a collection on.
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    refining = {id(call): call for call in calls if method(call) in {"where", "order_by"}}
    found: list[Query] = []
    for chain in sorted(map(chain_of, calls), key=len, reverse=True):
        starts = [index for index, call in enumerate(chain) if method(call) in ROOTS]
        if starts and any(id(call) in refining for call in chain):
            found.append(query_of(chain[starts[0] :]))
            for call in chain:
                refining.pop(id(call), None)
    lines = sorted(call.lineno for call in refining.values())
    assert not lines, f"lines {lines}: build the query in one chain from its collection on"
    return found


def all_queries() -> list[Query]:
    return [query for path in ADAPTERS for query in queries(path.read_text())]


def is_declared(query: Query, declared: dict[str, Any]) -> bool:
    for index in declared["indexes"]:
        if (index["collectionGroup"], index["queryScope"]) != (query.collection, query.scope):
            continue
        fields = [(field["fieldPath"], field.get("order", "ASCENDING")) for field in index["fields"]]
        equal, ordered = fields[: len(query.equal)], tuple(fields[len(query.equal) :])
        if {field for field, _ in equal} == query.equal and ordered == query.ordered:
            return True
    return False


def has_single_fields(query: Query, declared: dict[str, Any]) -> bool:
    """Whether the fields are indexed by themselves: by default so for one collection, not for a group."""
    overrides = {
        field["fieldPath"]: {index.get("queryScope", "COLLECTION") for index in field["indexes"]}
        for field in declared["fieldOverrides"]
        if field["collectionGroup"] == query.collection
    }
    fields = query.equal | {field for field, _ in query.ordered}
    return all(query.scope in overrides.get(field, {"COLLECTION"}) for field in fields)


def is_served(query: Query, declared: dict[str, Any]) -> bool:
    if query.needs_composite:
        return is_declared(query, declared)
    return has_single_fields(query, declared)


def test_the_queries_are_found() -> None:
    due = Query("enrich_queue", "COLLECTION", frozenset({"shard"}), (("dueAt", "ASCENDING"),))

    assert due in all_queries()
    assert Query("episode_tracking", "COLLECTION_GROUP", frozenset(), ()) in all_queries()


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: query.collection)
def test_a_query_has_its_index(query: Query) -> None:
    assert is_served(query, DECLARED), f"declare an index for {query} in firestore.indexes.json"


@pytest.mark.parametrize("collection", ["episode_tracking", "seasons"])
def test_the_episodes_maps_are_not_indexed(collection: str) -> None:
    assert [
        field["indexes"]
        for field in DECLARED["fieldOverrides"]
        if (field["collectionGroup"], field["fieldPath"]) == (collection, "episodes")
    ] == [[]]


def test_what_expires_has_a_ttl_policy() -> None:
    expiring = {path.stem for path in ADAPTERS if '"expireAt"' in path.read_text()}
    with_policy = {
        field["collectionGroup"]
        for field in DECLARED["fieldOverrides"]
        if field["fieldPath"] == "expireAt" and field.get("ttl")
    }

    assert expiring <= with_policy  # an adapter's module is named as its collection


def indexes(
    *fields: str, scope: str = "COLLECTION", override: dict[str, Any] | None = None
) -> dict[str, Any]:
    orders = [
        {"fieldPath": field.lstrip("-"), "order": "DESCENDING" if field[0] == "-" else "ASCENDING"}
        for field in fields
    ]
    composite = {"collectionGroup": "x", "queryScope": scope, "fields": orders}
    return {"indexes": [composite] if fields else [], "fieldOverrides": [override] if override else []}


EXEMPT = {"collectionGroup": "x", "fieldPath": "a", "indexes": []}
GROUP = {"collectionGroup": "x", "fieldPath": "a", "indexes": [{"queryScope": "COLLECTION_GROUP"}]}


@pytest.mark.parametrize(
    ("chain", "declared", "served"),
    [
        ("c.collection('x').where(filter=F('a', '==', 1))", indexes(), True),
        ("c.collection('x').where(filter=F('a', '==', 1))", indexes(override=EXEMPT), False),
        ("c.collection('x').where(filter=F('a', '==', 1)).where(filter=F('b', '==', 1))", indexes(), True),
        ("c.collection('x').where(filter=F('a', '>', 1)).order_by('a')", indexes(), True),
        ("c.collection('x').where(filter=F('a', '==', 1)).order_by('b')", indexes(), False),
        ("c.collection('x').where(filter=F('a', '==', 1)).order_by('b')", indexes("a", "b"), True),
        ("c.collection('x').where(filter=F('a', '==', 1)).order_by('b')", indexes("b", "a"), False),
        ("c.collection('x').where(filter=F('a', '==', 1)).where(filter=F('b', '<', 2))", indexes(), False),
        ("c.collection('x').order_by('a').order_by('b', direction='DESCENDING')", indexes("a", "b"), False),
        ("c.collection('x').order_by('a').order_by('b', direction='DESCENDING')", indexes("a", "-b"), True),
        ("c.collection_group('x').order_by('__name__')", indexes(), True),
        ("c.collection_group('x').where(filter=F('a', '==', 1))", indexes(), False),
        ("c.collection_group('x').where(filter=F('a', '==', 1))", indexes(override=GROUP), True),
    ],
)
def test_which_queries_need_an_index(chain: str, declared: dict[str, Any], served: bool) -> None:
    (query,) = queries(f"{chain}.limit(5).stream()")

    assert is_served(query, declared) is served


@pytest.mark.parametrize(
    "source", ["q = c.collection('x')\nq = q.where(filter=F('a', '==', 1))", "c.collection(n).order_by('a')"]
)
def test_a_query_that_cannot_be_followed_is_not_passed_over(source: str) -> None:
    with pytest.raises(AssertionError):
        queries(source)
