"""The table of operations, and the table of what is documented of them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.ecs import operations
from local.ecs.operations import OPERATIONS
from local.ecs.rpc.reference import COMMON, all_documented, documented, sources

FOLDER = Path(operations.__file__).parent
MODULES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_of_the_table_is_there(name: str) -> None:
    assert callable(OPERATIONS[name])


def test_an_operation_that_is_not_in_the_table_is_not_there() -> None:
    assert "MakeCoffee" not in OPERATIONS
    with pytest.raises(KeyError):
        OPERATIONS["MakeCoffee"]


def test_a_module_is_loaded_when_its_operation_is_asked_for() -> None:
    code = (
        "import sys\n"
        "from local.ecs.operations import OPERATIONS\n"
        "before = 'local.ecs.operations.prices' in sys.modules\n"
        "OPERATIONS['DescribePrice']\n"
        "print(before, 'local.ecs.operations.prices' in sys.modules)"
    )

    said = subprocess.run(  # noqa: S603  # our own
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert said.stdout.split() == ["False", "True"]


def test_what_is_documented_is_of_operations_that_are_there_and_has_a_source() -> None:
    assert all_documented().keys() == set(OPERATIONS)
    for name, each in all_documented().items():
        assert {
            each.source,
            *(row.source or each.source for row in each.errors),
        } <= sources().keys()
        assert all(400 <= row.status < 500 and row.code for row in each.errors), name


def test_every_operation_is_asked_for_by_a_test_of_the_emulator() -> None:
    here = Path(__file__)
    others = (path for path in here.parents[1].rglob("test_*.py") if path != here)
    tests = "".join(path.read_text("utf-8") for path in others)

    assert [name for name in OPERATIONS if f'"{name}"' not in tests] == []


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_any_operation_may_be_sent_is_no_parameter_of_its_own(name: str) -> None:
    own = documented(name).parameters

    assert own & COMMON == set(), f"leave them out of {name} in reference.json"


def test_a_code_that_is_not_documented_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        documented("DescribeZones").error("NotInTheTable")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_code_that_a_module_names_is_documented_of_one_of_its_operations(path: Path) -> None:
    named = set(re.findall(r"\berror\(\s*\"([A-Z][\w.]+)\"", path.read_text(encoding="utf-8")))
    own = _operations_of(path)
    known = {
        row.code
        for name in OPERATIONS
        if OPERATIONS[name].__module__.endswith(f".{path.stem}") or name in own
        for row in documented(name).errors
    }

    assert named <= known


def _operations_of(path: Path) -> set[str]:
    """The operations whose functions the module defines, by `def` or by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    names |= {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return {name for name in OPERATIONS if re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() in names}
