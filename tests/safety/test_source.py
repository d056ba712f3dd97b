"""What the code cannot say: no protection is switched off, no tag of an instance is touched.

Beside these, every run that the proofs of safety make is checked call by call (``check_call``).
"""

from __future__ import annotations

import ast
import pkgutil
from functools import cache
from pathlib import Path

import aliyunsdkecs.request.v20140526 as sdk
import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.request_log import Effect, Entry
from tests.harness.actions import CALLS, FUNCTIONS, ROOT, check_call
from tests.harness.stage import NOW, REGION, Stage

SOURCES = sorted([*(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")])
OPERATIONS = frozenset(
    module.name.removesuffix("Request") for module in pkgutil.iter_modules(sdk.__path__)
)
"""Every operation of ECS."""

FORBIDDEN = (
    "AddTags",
    "CreateTags",
    "DeleteTags",
    "ModifyInstanceAttribute",
    "ModifyInstanceChargeType",
    "RemoveTags",
    "TagResources",
    "UntagResources",
)


@cache
def texts(path: Path) -> frozenset[str]:
    """The texts in the code of a module but docstrings, and where a list is in an answer."""
    tree = ast.parse(path.read_text())
    nodes = list(ast.walk(tree))
    left_out = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".pages"):
            left_out |= {id(argument) for argument in node.args[2:]}
    constants = (node for node in nodes if isinstance(node, ast.Constant))
    return frozenset(str(node.value) for node in constants if id(node) not in left_out)


@pytest.mark.promise("S12")
def test_the_code_names_the_operations_of_the_policies_and_no_other() -> None:
    named = {text for path in SOURCES for text in texts(path) if text in OPERATIONS}

    assert named == frozenset().union(*CALLS.values())


@pytest.mark.promise("S12")
@pytest.mark.parametrize("operation", FORBIDDEN)
def test_the_code_holds_no_part_of_a_forbidden_operation(operation: str) -> None:
    assert not any(operation in calls for calls in CALLS.values())
    found = [
        (path.name, text)
        for path in SOURCES
        for text in texts(path)
        if operation.lower() in text.lower().replace("listtagresources", "")
    ]
    assert found == []


def test_no_operations_name_is_put_together() -> None:
    """The one call that takes an operation's name gets it from a table or as plain text."""
    built = [
        (path.name, ast.unparse(call))
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"read", "write", "pages", "check_permission"}
        and call.args
        and not isinstance(call.args[0], ast.Constant | ast.Name)
    ]

    assert [name for name, code in built if "call.operation" not in code] == []


@pytest.mark.promise("S13")
def test_only_clear_auto_release_asks_to_clear() -> None:
    askers = {
        path.name
        for path in SOURCES
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "ClearAutoRelease"
    }

    assert askers == {"clear_auto_release.py"}


def test_snapshots_are_the_only_things_that_get_tags() -> None:
    """Tags are sent as a filter, by operations that read, and with a new snapshot."""
    stage = Stage([InstanceSpec("dev-1", tags={"team": "dev"})])
    stage.ask("release", {"tags": {"team": "dev"}, "dry_run": False})

    tagging = {
        one.action
        for one in stage.writes()
        if any(name.startswith("Tag.") for name in one.parameters)
    }

    assert tagging == {"CreateSnapshot"}


@pytest.mark.promise("S12")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_call_of_every_run_is_checked(function: str) -> None:
    def entry(action: str, **parameters: str) -> Entry:
        return Entry(NOW, "", action, REGION, parameters, 200, "", Effect.CHANGED, "")

    time = {"AutoReleaseTime": "2026-11-24T00:00:00Z"}
    wrong = [entry(operation) for operation in FORBIDDEN]
    wrong.append(entry("ModifyInstanceAutoReleaseTime", AutoReleaseTime=""))
    if function == "clear_auto_release":
        wrong.append(entry("ModifyInstanceAutoReleaseTime", **time))
    else:
        wrong.append(entry("ModifyInstanceAutoReleaseTime"))

    for one in wrong:
        with pytest.raises(AssertionError):
            check_call(function, one)
    check_call(function, entry("DescribeInstances"))
