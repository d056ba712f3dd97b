"""A plan's name, by which it is confirmed: it encodes the request and the instances.

``p1-<request>-<instances>``: 64 bits of a digest of the action and its parameters, and 40 bits of a
digest of each instance's id, in base64url; for an action that does opposite things, together with
which of them. So a later run can tell, without any storage, whether the plan would have done the
same to an instance; 100 instances make some 700 characters. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence

from shared.base.errors import InvalidEvent
from shared.domain.instance import Instance
from shared.domain.steps import Rule

_PREFIX = "p1"
_PLAN_ID = rf"{_PREFIX}-(?P<request>[0-9a-f]{{16}})-(?P<members>[A-Za-z0-9_-]*)"
_MEMBER_BYTES = 5
_UNPLANNED = frozenset({"action", "dry_run", "max_instances", "notify", "plan_id"})


def members_of(rule: Rule, instances: Sequence[Instance]) -> dict[str, str]:
    """By id, what represents each instance of a plan; starting it differs from stopping it."""
    sides = [part for _, part in rule.sides(instances)]
    return {
        one.id: one.id if len(sides) == 1 else f"{number} {one.id}"
        for number, part in enumerate(sides)
        for one in part
    }


def make_plan_id(request_digest: str, members: Mapping[str, str]) -> str:
    """The name of the plan that would change these instances.

    Args:
        request_digest: From ``digest``.
        members: The instances, as ``members_of`` has them.
    """
    encoded = sorted(_encoded(request_digest, member) for member in members.values())
    text = base64.urlsafe_b64encode(b"".join(encoded)).decode().rstrip("=")
    return f"{_PREFIX}-{request_digest}-{text}"


def digest(action: str, regions: Iterable[str], request: Mapping[str, object]) -> str:
    """The request in 16 characters: the action, where, and every field that shapes the plan."""
    fields = {key: value for key, value in request.items() if key not in _UNPLANNED}
    text = json.dumps([action, sorted(regions), fields], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_in(plan_id: str) -> str:
    """The request's digest in this name; "" if it is not the name of a plan."""
    parts = re.fullmatch(_PLAN_ID, plan_id)
    return parts["request"] if parts else ""


def not_in_plan(plan_id: str, members: Mapping[str, str]) -> list[str]:
    """The ids of the instances to which the plan of this name would not do the same.

    Args:
        plan_id: The name.
        members: The instances that would change now, as ``members_of`` has them.

    Raises:
        InvalidEvent: it is not the name of a plan.
    """
    parts = re.fullmatch(_PLAN_ID, plan_id)
    try:
        named = _bytes(parts["members"]) if parts else b"?"
    except ValueError:
        named = b"?"
    if parts is None or len(named) % _MEMBER_BYTES:
        raise InvalidEvent(
            "plan_id is invalid: expected the whole text from the report of a dry run"
        )
    planned = {
        named[start : start + _MEMBER_BYTES] for start in range(0, len(named), _MEMBER_BYTES)
    }
    return [
        key for key, member in members.items() if _encoded(parts["request"], member) not in planned
    ]


def _bytes(text: str) -> bytes:
    """Decode base64url without padding; ValueError if it is invalid."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(request_digest: str, member: str) -> bytes:
    return hashlib.sha256(f"{request_digest} {member}".encode()).digest()[:_MEMBER_BYTES]
