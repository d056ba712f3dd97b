"""The fields of every function's requests, and what is wrong with a request."""

from __future__ import annotations

from typing import Any

import pytest

from shared.base.errors import InvalidEvent
from shared.request.explained import description
from shared.request.request import Request, decode
from tests.harness.actions import ACTIONS

TYPES: dict[str, type[Request]] = {name: action.request for name, action in ACTIONS.items()}
Fields = dict[str, Any]
BY_ID: Fields = {"instance_ids": ["i-1"]}


def refusal(fields: Fields, function: str = "stop") -> str:
    """What is said of a request that is invalid; always short."""
    with pytest.raises(InvalidEvent) as caught:
        decode(TYPES[function], fields, function)
    message = str(caught.value)
    assert len(message) < 300
    return message


SHARED = {
    "instance_ids": "list",
    "tags": "object",
    "name": "text",
    "all": "bool",
    "except": "object",
    "older_than": "text",
    "without_tags": "list",
    "days": "list or text",
    "regions": "list",
    "dry_run": "bool",
    "max_instances": "number",
    "plan_id": "text",
    "notify": "bool",
    "action": "text",
}
OWN = {
    "stop": {"force": "bool", "stopped_mode": "text", "wait": "bool"},
    "start": {"wait": "bool"},
    "apply_schedule": {
        "schedule": "text",
        "enforced": "bool",
        "at": "text",
        "force": "bool",
        "stopped_mode": "text",
    },
    "release": {"force": "bool", "snapshot": "bool", "snapshot_retention_days": "number"},
    "set_auto_release": {"release_at": "text", "release_after": "text", "if_set": "text"},
    "clear_auto_release": {},
    "describe": {"prices": "bool", "releases_within": "text"},
}


def expected(one: type[Request], field: str) -> str:
    """What a field may hold, as an error goes on with it after "expected"."""
    text = description(one, field)
    return text[:1].lower() + text[1:]
