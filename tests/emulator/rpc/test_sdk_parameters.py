"""Whatever aliyun-python-sdk-ecs can send to an operation is one of its parameters here."""

from __future__ import annotations

import ast
from contextlib import nullcontext
from pathlib import Path

import aliyunsdkecs
import pytest

from local.ecs.errors import EcsError
from local.ecs.gateway.request_log import is_mutating
from local.ecs.operations import OPERATIONS
from local.ecs.rpc.reference import COMMON, check_parameters, documented

FOLDER = Path(aliyunsdkecs.__file__).parent / "request" / "v20140526"
KNOWN = [name for name in OPERATIONS if (FOLDER / f"{name}Request.py").exists()]


def sent(operation: str) -> set[str]:
    """The names in the SDK's request of the operation, N for a number that it counts."""
    tree = ast.parse((FOLDER / f"{operation}Request.py").read_text(encoding="utf-8"))
    return {
        _form(call.args[0])
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"add_query_param", "add_body_params"}
    }


def _form(name: ast.expr) -> str:
    if isinstance(name, ast.BinOp):
        return _form(name.left) + _form(name.right)
    return str(name.value) if isinstance(name, ast.Constant) else "N"


def test_the_sdk_has_most_operations() -> None:
    assert len(KNOWN) > 60
    assert "Tag.N.Key" in sent("RunInstances")


@pytest.mark.parametrize("operation", KNOWN)
def test_what_the_sdk_can_send_is_known(operation: str) -> None:
    assert sent(operation) <= documented(operation).forms | COMMON


@pytest.mark.parametrize("operation", [each for each in KNOWN if is_mutating(each)])
def test_a_change_has_a_dry_run_if_the_sdk_has_it_and_is_else_refused(operation: str) -> None:
    has_it = "DryRun" in sent(operation)
    expected = nullcontext() if has_it else pytest.raises(EcsError, match="no such parameter")

    check_parameters(operation, {"DryRun": "false"}, unknown_too=True)
    with expected:
        check_parameters(operation, {"DryRun": "true"}, unknown_too=True)


@pytest.mark.parametrize("operation", [each for each in KNOWN if is_mutating(each)])
def test_what_has_a_client_token_in_the_sdk_is_done_once(operation: str) -> None:
    done_once = hasattr(OPERATIONS[operation], "__wrapped__")

    assert done_once is ("ClientToken" in sent(operation))
