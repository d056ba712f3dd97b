"""The functions that there are, and what each may do: every list of them comes from here.

A function that is added to ``functions/`` is in all tables made of these, with its harm, the
operations that its policy allows, and whatever its kind must be held to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

from local.ecs.account.model import Status
from local.ecs.clock import MANUAL_START
from local.ecs.gateway.request_log import Entry
from local.fc.context import CODE
from local.fc.deployment import action_names
from local.fc.trigger_events import Request
from shared.action import Action
from shared.domain.guards import Harm

Handler = Callable[..., dict[str, Any]]

ROOT = CODE
MODULES = {name: import_module(f"functions.{name}") for name in action_names()}
HANDLERS: dict[str, Handler] = {name: module.handler for name, module in MODULES.items()}
ACTIONS: dict[str, Action[Any]] = {name: module.ACTION for name, module in MODULES.items()}
FUNCTIONS = tuple(ACTIONS)

STATED: Mapping[str, Request] = {
    "stop-force": {"force": True},
    "apply_schedule": {"schedule": "never", "enforced": True},
    "release": {"dry_run": False},
    "release-no-snapshot": {"dry_run": False, "snapshot": False},
    "release-force": {"dry_run": False, "force": True},
    "release-force-no-snapshot": {"dry_run": False, "force": True, "snapshot": False},
    "set_auto_release": {"release_after": "12h"},
}
"""What a request says besides the selection, by the name of a function or of a variant of it,
``FUNCTION-VARIANT``; nothing, for functions that are not here."""

VARIANTS = (*FUNCTIONS, *(one for one in STATED if one not in FUNCTIONS))
"""Every function, and every variant of one; a new function is in all tables made of these."""


def function_of(variant: str) -> str:
    """The function of a variant."""
    return variant.partition("-")[0]


def stated(variant: str) -> Request:
    """What a request for it says besides the selection."""
    return STATED.get(variant, {})


def _of_harm(*harms: Harm) -> tuple[str, ...]:
    """Every variant of the functions that can do this harm."""
    return tuple(one for one in VARIANTS if ACTIONS[function_of(one)].harm in harms)


# Lists of VARIANTS; those whose names end in _FUNCTIONS are of functions alone.

WRITING = tuple(one for one in VARIANTS if not ACTIONS[function_of(one)].only_reads)
"""All that can change something."""

WRITING_FUNCTIONS = tuple(one for one in WRITING if one in FUNCTIONS)

DESTRUCTIVE = _of_harm(Harm.LOSS)
"""All by which something is lost."""

HARMFUL = _of_harm(Harm.OUTAGE, Harm.LOSS)
"""All that are guarded like a stop, or more."""

HARMFUL_FUNCTIONS = tuple(one for one in HARMFUL if one in FUNCTIONS)

GUARDED_FUNCTIONS = tuple(one for one in WRITING_FUNCTIONS if ACTIONS[one].harm is not Harm.NONE)
"""Every function against which anything is guarded."""


def to_do(variant: str) -> dict[str, Any]:
    """Fields of an instance's spec with which the function has something to do.

    A function that writes, and has nothing to do with a running instance without a release time,
    needs a line here.
    """
    fields: dict[str, dict[str, Any]] = {
        "start": {"status": Status.STOPPED},
        "clear_auto_release": {"auto_release_at": MANUAL_START + timedelta(hours=9)},
    }
    return fields.get(function_of(variant), {})


def _calls(function: str) -> frozenset[str]:
    file = ROOT / "ram" / f"{function}.json"
    if not file.exists():
        return frozenset()  # a test of ram/ says so; here it would break every module of tests
    policy = json.loads(file.read_text())
    return frozenset(
        action.removeprefix("ecs:")
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    )


CALLS: Mapping[str, frozenset[str]] = {function: _calls(function) for function in FUNCTIONS}
"""The operations that each function's policy allows."""


def check_call(function: str, entry: Entry) -> None:
    """Assert that a call is one that the function may ever make.

    What a function may call stands in its RAM policy. A release time is set with a time by
    whoever may set one, and without one, which clears it, by clear_auto_release alone.
    """
    assert entry.action in CALLS[function], f"{function} called {entry.action}"
    if entry.action == "ModifyInstanceAutoReleaseTime":
        time = entry.parameters.get("AutoReleaseTime")
        assert time is None if function == "clear_auto_release" else time
