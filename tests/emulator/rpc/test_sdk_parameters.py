"""Whatever aliyun-python-sdk-ecs can send to an operation is one of its parameters here."""

from __future__ import annotations

import ast
from pathlib import Path

import aliyunsdkecs
import pytest

from local.ecs.operations import OPERATIONS
from local.ecs.rpc.reference import COMMON, documented

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
