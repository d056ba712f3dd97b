"""Checks of a function's role, and of its policy in ``ram/``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from local.check.document import is_known
from local.check.findings import Finding, error, ok, warning
from local.check.function import Function
from local.check.settings import account
from local.ecs.ram.policy import Policy, PolicyError
from local.fc.deployment import function_names

NEEDED: Mapping[str, tuple[str, ...]] = {
    "apply_schedule": (
        *("DescribeInstances", "ListTagResources", "StartInstances", "StopInstances"),
    ),
    "clear_auto_release": (
        *("DescribeInstances", "ListTagResources", "ModifyInstanceAutoReleaseTime"),
    ),
    "describe": ("DescribeInstances", "ListTagResources"),
    "extend_lease": ("DescribeInstances", "ModifyInstanceAutoReleaseTime"),
    "release": (
        *("DescribeDisks", "DescribeInstances", "DescribeSnapshots", "ListTagResources"),
        *("CreateSnapshot", "DeleteInstances", "StopInstances"),
    ),
    "set_auto_release": (
        *("DescribeInstances", "ListTagResources", "ModifyInstanceAutoReleaseTime"),
    ),
    "start": ("DescribeInstances", "ListTagResources", "StartInstances"),
    "stop": ("DescribeInstances", "ListTagResources", "StopInstances"),
}
"""ECS's operations that each function calls, which its policy in ``ram/`` must allow."""

_CONDITION = "].Condition"
"""Part of the emulator's error about a condition; the real RAM supports more of them."""
_ROLE = re.compile(r"acs:ram::(?P<account>\d+):role/(?P<name>[\w.-]{1,64})")


def check_role(function: Function) -> Iterator[Finding]:
    """Findings about the role that it runs under."""
    role = function.props.get("role")
    if not role:
        yield error(
            f"role is missing; without a role the function has no credentials: {_role_of(function)}"
        )
    elif isinstance(role, str) and is_known(role):
        found = _ROLE.fullmatch(role)
        if not found:
            yield error(
                f"role: {role} is invalid: expected the full ARN, because fc3 lowercases a bare "
                f"name: {_role_of(function)}"
            )
            return
        yield from _whose(function, found["name"])
        accounts = function.settings.accounts if function.settings else frozenset()
        if accounts and found["account"] not in accounts:
            yield error(
                f"role: its account, {account(found['account'])}, is not in CURFEW_ACCOUNTS: every "
                "event would be refused"
            )


def _role_of(function: Function) -> str:
    name = function.name.replace("_", "-")
    return f"acs:ram::${{config('AccountID')}}:role/curfew-{name}"


def _whose(function: Function, role: str) -> Iterator[Finding]:
    """Whether the role is, by its name, that of another function."""
    words = role.lower().replace("_", "-")
    named = [one for one in function_names() if f"-{words}".endswith(f"-{one.replace('_', '-')}")]
    whose = max(named, key=len, default=function.name)
    if whose != function.name and words.startswith("curfew"):
        yield warning(
            f"role: {role} is, by its name, the role of {whose}; {function.name} would run with "
            f"that role's permissions. Expected {_role_of(function)}"
        )


def check_policy(function: Function, ram: Path) -> Iterator[Finding]:
    """Findings about the policy of its name in the directory ``ram``."""
    path = ram / f"{function.name}.json"
    shown = f"ram/{path.name}"
    try:
        statements = _statements(path)
    except OSError:
        yield error(f"{shown} is missing: the policy of the role")
        return
    except PolicyError as problem:
        if _CONDITION in str(problem):
            yield warning(
                f"{shown} was not checked, because its conditions are not supported: {problem}"
            )
        else:
            yield error(f"{shown}: {problem}")
        return
    missing = [
        f"ecs:{one}"
        for one in NEEDED.get(function.name, ())
        if not _named(f"ecs:{one}", statements, "Allow")
        or _named(f"ecs:{one}", [each for each in statements if _is_plain(each)], "Deny")
    ]
    if missing:
        yield error(f"{shown} does not allow {', '.join(missing)}, which {function.name} needs")
        return
    if any(check_role(function)):
        return  # the problem with the role is reported; no line may say that it is correct
    role = str(function.props.get("role", "")).rpartition("/")[2]
    yield ok(f"role {role}: it needs {shown} and ram/platform.json")


def _statements(path: Path) -> list[Mapping[str, Any]]:
    """A policy's statements, from a document that the emulator's RAM understands.

    Raises:
        OSError: there is no such file.
        PolicyError: it is not a policy, or has a condition that is not known here.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    Policy(text)
    found = json.loads(text)["Statement"]
    return found if isinstance(found, list) else [found]


def _named(action: str, statements: Iterable[Mapping[str, Any]], effect: str) -> bool:
    """Do statements with this effect name the action, for any resources?"""
    return any(
        fnmatchcase(action.lower(), pattern.lower())
        for statement in statements
        if statement["Effect"] == effect
        for pattern in _texts(statement["Action"])
    )


def _is_plain(statement: Mapping[str, Any]) -> bool:
    """Does it hold for every resource, whatever its tags?"""
    return "*" in _texts(statement["Resource"]) and "Condition" not in statement


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
