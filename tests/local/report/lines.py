"""Lines of runs, as their log has them."""

from __future__ import annotations

import json
from typing import Any

EVENING, MORNING = "2020-11-23T20:00:30+08:00", "2020-11-24T08:30:40+08:00"
PREFIX = "2020-11-23T12:00:31.123Z 1-66aa [INFO] "


def line(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # any field
    """A line about an instance that the evening stopped in economical mode."""
    return {
        "log": "instance",
        "action": "stop",
        "request_id": "1-66aa",
        "retry_count": "",
        "trigger": "timer",
        "event_id": "",
        "dry_run": False,
        "id": "i-1",
        "name": "web-1",
        "region": "cn-hangzhou",
        "result": "changed",
        "reason": "stop (StopCharging); stopped in StopCharging",
        "code": "",
        "status": "Stopped",
        "charge_type": "PostPaid",
        "instance_type": "ecs.g7.large",
        "auto_release_at": "",
        "tags": {"owner": "li.na"},
        "stopped_mode": "StopCharging",
        "started_at": "2020-11-23T08:30:00+08:00",
        "seen_at": EVENING,
        **fields,
    }


def started(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # any field
    """A line about the same instance that the next morning started."""
    at = "2020-11-24T08:30:00+08:00"
    there = {"status": "Running", "stopped_mode": "", "started_at": at, "seen_at": MORNING}
    return line(**{"action": "start", "reason": "start", **there, **fields})


def run(**fields: Any) -> dict[str, Any]:  # noqa: ANN401  # any field
    """A line about the run."""
    return {
        "log": "run",
        "action": "stop",
        "request_id": "1-66aa",
        "dry_run": False,
        "outcome": "complete",
        "counts": {},
        "warnings": [],
        "ended_at": EVENING,
        **fields,
    }


def text_of(*lines: dict[str, Any]) -> str:
    """The lines as a log."""
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in lines)
