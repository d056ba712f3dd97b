"""Runs to tell of."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import msgspec

from shared.base.errors import CurfewError
from shared.base.times import CHINA
from shared.domain.instance import Instance, Status
from shared.domain.plan import Result, Row
from shared.notify.message import Run
from shared.report.log import Origin
from shared.report.report import Report, worst_first

NOW = datetime(2026, 11, 27, 12, 0, 0, 500_000, tzinfo=timezone.utc)
ACCOUNT = "123456789012"


def row(number: int, result: Result = Result.CHANGED, **fields: str) -> Row:
    """One instance's."""
    name = fields.get("name", f"dev-web-{number}")
    instance = Instance(f"i-bp1example{number:08}", "cn-hangzhou", NOW, Status.STOPPED, name=name)
    return Row(instance, result, fields.get("reason", ""), fields.get("code", ""))


def report(*rows: Row, dry_run: bool = False, warnings: tuple[str, ...] = ()) -> Report:
    """A report of stop."""
    return Report(
        action="stop",
        request_id="1-66aa",
        dry_run=dry_run,
        rows=worst_first(rows),
        api_calls=3,
        seconds=1.5,
        ended_at=NOW,
        zone=CHINA,
        warnings=warnings,
    )


def run(*endings: Report | CurfewError, retry_count: str = "") -> Run:
    """An invocation of stop."""
    return Run(Origin("stop", "1-66aa", retry_count), ACCOUNT, endings)


def leased(number: int, owner: str = "", hours: float = 5, **fields: str) -> Row:
    """The row of an instance that ECS releases in some hours."""
    made = row(number, Result.UNCHANGED, **fields)
    instance = msgspec.structs.replace(
        made.instance,
        auto_release_at=(NOW + timedelta(hours=hours)).replace(second=0, microsecond=0),
        tags={"owner": owner} if owner else {},
    )
    return msgspec.structs.replace(made, instance=instance)


def before(*rows: Row) -> Report:
    """A report of what ECS releases within three days."""
    return msgspec.structs.replace(
        report(*rows), action="describe", released_by=NOW + timedelta(hours=72)
    )
