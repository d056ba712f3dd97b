"""The log of a run: one JSON line an instance and one a run, through Function Compute's logger.

Function Compute's root handler adds time, request id and level; the request id is in each line
too, so that a query needs no parsing of the prefix.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from shared.events import Message
from shared.plan import Result
from shared.report import Report, row_as_json

logger = logging.getLogger("curfew")

_LEVELS = {Result.FAILED: logging.ERROR, Result.PENDING: logging.WARNING}


def log_report(report: Report, message: Message) -> None:
    """Log every row, then the run."""
    run = {"action": report.action, "request_id": report.request_id, "dry_run": report.dry_run}
    for row in report.rows:
        _log(_LEVELS.get(row.result, logging.INFO), "instance", {**run, **row_as_json(row)})
    body = report.as_json(max_rows=0)
    body.pop("instances")
    body.pop("instances_omitted", None)
    source = {"trigger": message.trigger.value, "event_id": message.event_id}
    if not report.rows:
        _log(logging.WARNING, "nothing_matched", {**run, **source})
    _log(logging.INFO, "run", {**body, **source})


def log_error(action: str, request_id: str, error: Exception) -> None:
    """Log why a request came to nothing: the class and its message, at most 2,000 characters."""
    content = {
        "action": action,
        "request_id": request_id,
        "error": type(error).__name__,
        "message": str(error)[:2000],
    }
    _log(logging.ERROR, "error", content)


def _log(level: int, kind: str, content: Mapping[str, object]) -> None:
    if logger.isEnabledFor(level):
        logger.log(level, "%s", json.dumps({"log": kind, **content}, ensure_ascii=False))
