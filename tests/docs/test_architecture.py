"""docs/architecture: its picture is what the code imports, its walk and its tables name what is."""

from __future__ import annotations

import ast
import pkgutil
import re
from collections.abc import Iterator, Mapping
from importlib import import_module, util
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, codes, prose, tables, text_of

OURS = ("shared", "functions", "local", "tests", "tools")
PAGES = ("docs/architecture.md", "docs/architecture.zh-CN.md")
Graph = Mapping[str, set[str]]

both = pytest.mark.parametrize("page", PAGES)


def imports() -> Graph:
    """Who imports whom: functions, the packages of shared and its modules outside of them."""
    graph: dict[str, set[str]] = {}
    for path in [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").glob("*.py")]:
        importer = box(path)
        imported = set(modules_in(ast.parse(path.read_text("utf-8"))))
        graph.setdefault(importer, set()).update(imported - {importer})
    return {name: imported for name, imported in graph.items() if name}


def box(path: Path) -> str:
    """The box that a module is drawn in; "" for the package itself."""
    package, *rest = path.relative_to(ROOT).parts
    if package == "functions":
        return package
    return rest[0].removesuffix(".py").replace("__init__", "")


def modules_in(module: ast.Module) -> Iterator[str]:
    """The boxes that a module imports from."""
    for node in ast.walk(module):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{one.name}" for one in node.names]
        for name in names:
            if name.startswith("shared."):
                yield name.split(".")[1]


def reached(graph: Graph, start: str) -> set[str]:
    """All that a box imports, directly or not."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for one in graph.get(waiting.pop(), set()) - found:
            found.add(one)
            waiting.append(one)
    return found


def without_what_follows(graph: Graph) -> set[tuple[str, str]]:
    """The arrows that do not follow from others."""
    return {
        (importer, one)
        for importer, imported in graph.items()
        for one in imported
        if not any(one in reached(graph, other) for other in imported - {one})
    }


def drawn(page: str) -> set[tuple[str, str]]:
    [picture] = blocks(page, "mermaid")
    return set(re.findall(r"(\w+) --> (\w+)", picture.text))


def test_nothing_imports_what_stands_above_it() -> None:
    graph = imports()

    assert len(graph) > 9
    assert [name for name in graph if name in reached(graph, name)] == []


@both
def test_the_picture_is_what_the_code_imports(page: str) -> None:
    assert drawn(page) == without_what_follows(imports())


@both
def test_every_box_has_its_row(page: str) -> None:
    boxes = {name for arrow in drawn(page) for name in arrow} - {"functions"}
    (rows,) = tables(page)

    assert {row[0].strip("`") for row in rows} == boxes


@both
def test_the_walk_names_what_there_is(page: str) -> None:
    _, *steps = blocks(page, "text")[0].without_comments().splitlines()

    assert len(steps) == 10
    for step in steps:
        name = f"shared.{step.strip()}"
        module, _, attribute = name.rpartition(".")
        assert util.find_spec(module)
        assert hasattr(import_module(module), attribute) or util.find_spec(name), step


@both
def test_what_decides_is_what_the_import_rule_says(page: str) -> None:
    (line,) = re.findall(r"^(?:Code that decides|做决定的代码).*", prose(page), re.MULTILINE)
    _, _, contracts = text_of("pyproject.toml").partition('name = "what decides does no I/O"')
    modules, _, _ = contracts.partition("]")

    assert {f"shared.{one}" for one in codes(line) if one != "ecs"} == set(
        re.findall(r'"(shared[\w.]+)"', modules)
    )


@pytest.mark.parametrize(
    "page",
    [
        *PAGES, "docs/decisions.md", "docs/safety.md", "docs/safety.zh-CN.md", "CONTRIBUTING.md",
    ],
)  # fmt: skip
def test_every_place_that_a_page_names_exists(page: str) -> None:
    named = [
        one for one in codes(prose(page)) if re.fullmatch(r"\.?[a-z_]+/[a-z_/.0-9]*[a-z/]", one)
    ]

    assert named
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_every_name_of_ours_in_a_docstring_is_there() -> None:
    name = re.compile(rf"``((?:{'|'.join(OURS)})(?:\.\w+)+)``")
    paths = [path for top in OURS for path in (ROOT / top).rglob("*.py")]
    named = {one for path in paths for one in name.findall(path.read_text(encoding="utf-8"))}

    assert len(named) > 15
    assert [one for one in sorted(named) if not _leads_somewhere(one)] == []


def _leads_somewhere(name: str) -> bool:
    """Whether a dotted name is that of a module, or of something in one."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True
