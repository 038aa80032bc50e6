"""One way of dependence, and the few things that one place alone may do. Read from the source with `ast`."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("functions", "shared", "local", "benchmarks", "tests")

MAY_IMPORT = {
    "functions": (
        *("functions", "shared.usecases", "shared.wiring", "shared.domain"),
        *("shared.config", "shared.errors", "shared.logs", "shared.usage"),
    ),
    "shared.wiring": ("shared",),
    "shared.config": ("shared.domain", "shared.errors"),
    "shared.usecases": ("shared.usecases", "shared.domain", "shared.errors"),
    "shared.adapters": ("shared.adapters", "shared.domain", "shared.errors", "shared.usage"),
    "shared.domain": ("shared.domain", "shared.errors"),
    "shared.logs": (),
    "shared.usage": (),
    "shared.errors": (),
    "local": ("local", "functions", "shared"),
    "benchmarks": ("benchmarks", "local", "functions", "shared"),
}
"""What the modules under each name may import of ours; the longest name that fits is the rule."""

# Where a name that reads the clock, the environment or chance comes from.
CLOCKS = re.compile(
    r"time\.(time|monotonic|perf_counter|sleep|gmtime|localtime)(_ns)?|datetime\.now|datetime\.utcnow"
    r"|datetime\.today|date\.today|os\.environ|os\.getenv|random|secrets|uuid"
)


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.AST, module: str = "") -> Iterator[str]:
    """The full names that are imported anywhere in the tree, in functions and for type checking too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_under(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def rule_for(module: str) -> tuple[str, ...]:
    fitting = [name for name in MAY_IMPORT if is_under(module, name)]
    return MAY_IMPORT[max(fitting, key=len)] if fitting else ()


def broken_rules(module: str, tree: ast.AST) -> list[str]:
    ours = [name for name in imports(tree, module) if name.split(".")[0] in OURS]
    return [name for name in ours if not any(is_under(name, allowed) for allowed in rule_for(module))]


def dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def uses(tree: ast.AST, pattern: re.Pattern[str]) -> list[str]:
    """Names used or imported that end in what the pattern says."""
    used = [name for node in ast.walk(tree) if (name := dotted(node)) is not None]
    return [name for name in [*used, *imports(tree)] if re.search(rf"(^|\.)({pattern.pattern})(\.|$)", name)]


def texts(tree: ast.AST) -> list[str]:
    """The string constants, f-strings' parts among them, without the docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, documented)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


deployed = pytest.mark.parametrize("path", modules("functions", "shared"), ids=name_of)


@pytest.mark.parametrize("path", modules("functions", "shared", "local"), ids=name_of)
def test_a_module_imports_only_what_its_place_allows(path: Path) -> None:
    assert broken_rules(name_of(path), tree_of(path)) == []


@pytest.mark.parametrize("path", modules("shared/domain"), ids=name_of)
def test_the_domain_is_pure(path: Path) -> None:
    tree = tree_of(path)
    packages = {name.split(".")[0] for name in imports(tree)}

    assert packages <= sys.stdlib_module_names | {"pydantic", "shared"}
    assert packages.isdisjoint({"asyncio", "http", "logging", "os", "random", "socket", "time", "urllib"})
    assert uses(tree, CLOCKS) == []


@deployed
def test_the_environment_is_read_in_one_place(path: Path) -> None:
    found = uses(tree_of(path), re.compile(r"os\.environ|os\.getenv|os\.environb"))

    if name_of(path) not in {"shared.config", "functions.main"}:
        assert found == []


def test_main_only_hands_the_environment_on() -> None:
    tree = tree_of(ROOT / "functions" / "main.py")
    handed_on = [
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) == "refuse_emulators_in_cloud"
        for argument in node.args
    ]

    assert [dotted(argument) for argument in handed_on] == ["os.environ"]
    assert uses(tree, re.compile(r"os\.environ")) == ["os.environ"]


@deployed
def test_document_paths_are_written_in_one_place(path: Path) -> None:
    if name_of(path) != "shared.adapters.firestore.paths":
        assert written_paths(tree_of(path)) == []


def written_paths(tree: ast.AST) -> list[str]:
    """Texts with a collection's name and a slash in them, or that are handed to the client as a path."""
    collections = re.compile(rf"(^|/)({'|'.join(sorted(collection_names()))})/")
    handed_over = [
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"collection", "collection_group", "document"}
        for argument in node.args
        for text in texts(argument)
    ]
    return [*handed_over, *(text for text in texts(tree) if collections.search(text))]


def collection_names() -> set[str]:
    """Every collection that `paths.py` knows: its constants, and each odd part of a path."""
    names: set[str] = set()
    for node in tree_of(ROOT / "shared/adapters/firestore/paths.py").body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            names.add(str(node.value.value))
        for part in ast.walk(node):
            if isinstance(part, ast.JoinedStr):
                path = "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in part.values)
                names.update(name for name in path.split("/")[::2] if "{" not in name)
    return names


def test_the_collections_are_found() -> None:
    assert collection_names() >= {"tmdb_cache", "seasons", "users", "enrich_queue", "sync_state", "details"}


@pytest.mark.parametrize(
    "source",
    [
        *["client.collection('anything')", "client.document(f'users/{uid}')", "x = f'{a}/seasons/{n}'"],
        *["client.collection_group('episode_tracking')", "path = 'sync_state/' + name"],
    ],
)
def test_a_path_that_is_written_elsewhere_is_found(source: str) -> None:
    assert written_paths(ast.parse(source))


@deployed
def test_everything_may_be_caught_only_where_it_is_answered(path: Path) -> None:
    everything = [
        node
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"Exception", "BaseException"})
    ]
    # The load of the read-through cache hands every error on to whoever waits for it.
    assert not everything or name_of(path) in {"functions._entry", "shared.usecases.read_through"}


@pytest.mark.parametrize(
    ("module", "source", "broken"),
    [
        ("shared.usecases.x", "from shared.adapters import http", ["shared.adapters.http"]),
        ("shared.usecases.x", "def f():\n    import shared.wiring", ["shared.wiring"]),
        ("shared.domain.x", "from shared import usage", ["shared.usage"]),
        ("shared.adapters.x", "from shared.config import Settings", ["shared.config.Settings"]),
        ("shared.wiring", "from functions import catalog", ["functions.catalog"]),
        ("functions.x", "import shared.adapters.http", ["shared.adapters.http"]),
        ("functions.x", "from local import emulators", ["local.emulators"]),
        ("shared.domain.x", "from shared.errors import NotFound", []),
        ("shared.something_new", "from shared.errors import NotFound", ["shared.errors.NotFound"]),
    ],
)
def test_the_rule_finds_what_breaks_it(module: str, source: str, broken: list[str]) -> None:
    assert broken_rules(module, ast.parse(source)) == broken


@pytest.mark.parametrize(
    "source",
    [
        *["datetime.now(UTC)", "datetime.datetime.now()", "date.today()", "from time import time"],
        *["import os\nos.environ['X']", "from os import environ", "import random", "time.monotonic()"],
    ],
)
def test_clocks_and_environment_are_found(source: str) -> None:
    assert uses(ast.parse(source), CLOCKS)
