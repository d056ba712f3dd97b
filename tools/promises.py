"""``make promises``: docs/promises.md, which tests hold each promise of docs/safety.md.

A test says which promises it holds by ``@pytest.mark.promise("S1")``. They are read from the
source, so that nothing has to be imported and a skipped test counts no less than another.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "safety.md"
TARGET = ROOT / "docs" / "promises.md"

_PROMISE = re.compile(r"^\* \*\*(S\d+)\. (.+?)\*\*", re.MULTILINE | re.DOTALL)
_HEAD = """\
# Promises and their tests

Written by `make promises` from [safety.md](safety.md) and the marks of the tests; not to be edited.

| id | promise | tests |
|---|---|---|
"""


def promises_of(page: Path) -> dict[str, str]:
    """What a page on safety promises, by id, in its order."""
    found = _PROMISE.findall(page.read_text(encoding="utf-8"))
    return {name: " ".join(promise.split()).rstrip(".:,") for name, promise in found}


def marked_tests(root: Path = ROOT) -> Mapping[str, list[str]]:
    """Which tests carry the mark of a promise, by its id: ``path::name``, in order."""
    tests: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for name, promise in _marks(ast.parse(text)) if "mark.promise" in text else ():
            tests[promise].append(f"{path.relative_to(root).as_posix()}::{name}")
    return tests


def text_of(promises: Mapping[str, str], tests: Mapping[str, list[str]]) -> str:
    """The index."""
    return _HEAD + "".join(
        f"| {name} | {promise} | {'<br>'.join(f'`{test}`' for test in tests.get(name, []))} |\n"
        for name, promise in promises.items()
    )


def main() -> None:
    """Write the index."""
    TARGET.write_text(text_of(promises_of(PAGE), marked_tests()), encoding="utf-8")


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    """The name of each marked test, and the promise; once for each promise."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for decorator in node.decorator_list:
                for promise in _promises_in(decorator):
                    yield node.name, promise


def _promises_in(decorator: ast.expr) -> list[str]:
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) != "pytest.mark.promise":
        return []
    return [ast.literal_eval(argument) for argument in decorator.args]


if __name__ == "__main__":
    main()
