"""A plan's name that can be confirmed: it holds what was asked and which instances would change.

``p1-<what was asked>-<the instances>``: 64 bits of a digest of the action and its parameters, and
40 bits of a digest of each instance's id, in base64url. So a later run can tell, without anything
being stored, whether an instance was in the plan; 100 instances make some 700 characters. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from shared.errors import InvalidEvent

_PREFIX = "p1"
_PLAN_ID = rf"{_PREFIX}-(?P<request>[0-9a-f]{{16}})-(?P<members>[A-Za-z0-9_-]*)"
_MEMBER_BYTES = 5
_UNPLANNED = frozenset({"action", "dry_run", "max_instances", "notify", "plan_id"})


def make_plan_id(request_digest: str, instance_ids: Iterable[str]) -> str:
    """The name of the plan that would change these instances.

    Args:
        request_digest: From ``digest``.
        instance_ids: The instances.
    """
    members = sorted(_member(request_digest, instance_id) for instance_id in instance_ids)
    encoded = base64.urlsafe_b64encode(b"".join(members)).decode().rstrip("=")
    return f"{_PREFIX}-{request_digest}-{encoded}"


def digest(action: str, regions: Iterable[str], request: Mapping[str, object]) -> str:
    """What was asked, in 16 characters: the action, where, and every field that shapes the plan."""
    fields = {key: value for key, value in request.items() if key not in _UNPLANNED}
    text = json.dumps([action, sorted(regions), fields], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_in(plan_id: str) -> str:
    """What was asked of the plan of this name; "" if it is no such name."""
    parts = re.fullmatch(_PLAN_ID, plan_id)
    return parts["request"] if parts else ""


def not_in_plan(plan_id: str, instance_ids: Iterable[str]) -> list[str]:
    """Those of the ids that the plan of this name would not change.

    Raises:
        InvalidEvent: it is not the name of a plan.
    """
    parts = re.fullmatch(_PLAN_ID, plan_id)
    try:
        members = _bytes(parts["members"]) if parts else b"?"
    except ValueError:
        members = b"?"
    if parts is None or len(members) % _MEMBER_BYTES:
        raise InvalidEvent(
            "plan_id is invalid: expected the whole text from the report of a dry run"
        )
    planned = {
        members[start : start + _MEMBER_BYTES] for start in range(0, len(members), _MEMBER_BYTES)
    }
    return [one for one in instance_ids if _member(parts["request"], one) not in planned]


def _bytes(text: str) -> bytes:
    """What base64url without padding stands for; ValueError if it stands for nothing."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _member(request_digest: str, instance_id: str) -> bytes:
    return hashlib.sha256(f"{request_digest} {instance_id}".encode()).digest()[:_MEMBER_BYTES]
