"""Reports and rows to begin with."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from shared.base.times import CHINA
from shared.domain.instance import Instance, Status
from shared.domain.plan import Result, Row
from shared.report.report import (
    Report,
)

NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=timezone.utc)
NO_COUNTS = {
    "changed": 0,
    "unchanged": 0,
    "skipped": 0,
    "failed": 0,
    "pending": 0,
    "would_change": 0,
}


def row(
    number: int, result: Result, reason: str = "", code: str = "", region: str = "cn-hangzhou"
) -> Row:
    return Row(Instance(f"i-{number:05}", region, NOW, Status.RUNNING), result, reason, code)


def report(*rows: Row, **fields: Any) -> Report:  # noqa: ANN401  # any field
    spec: dict[str, Any] = {
        "action": "release",
        "request_id": "r-1",
        "dry_run": False,
        "rows": rows,
        "api_calls": 9,
        "seconds": 41.249,
        "ended_at": NOW,
        "zone": CHINA,
        **fields,
    }
    return Report(**spec)
