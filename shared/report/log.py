"""The log of a run: one JSON line for its plan, one for each instance, one for the whole run.

Function Compute's root handler adds time, request id and level. Every line is self-contained and
says where it came from, so that a query needs no other line and no parsing of the prefix. The plan
is logged before anything is done: a run that is killed has already logged what it was going to do.
Whatever names contain, an entry is one line and shows what it is: letters as they are, the rest
escaped.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

import msgspec

from shared.base.errors import places, unforeseen
from shared.base.printable import printable
from shared.domain.instance import stopped_mode
from shared.domain.plan import Plan, Result
from shared.report.report import Report
from shared.settings.settings import account_of

logger = logging.getLogger("curfew")

IDS_A_LINE = 1_000
"""Some 26 KB; Function Compute cuts log lines at 32 KB ("Limits", FC docs)."""

_TO_JSON = json.JSONEncoder(ensure_ascii=False).encode
_LEVELS = {Result.FAILED: logging.ERROR, Result.PENDING: logging.WARNING}


class Origin(msgspec.Struct, frozen=True):
    """Where a request came from; all of it is in every line about the request.

    Attributes:
        retry_count: Which retry of an asynchronous invocation this is, as the runtime says it:
            python3.10's context has it ("Context", FC docs); "" if it does not say.
        trigger: The kind of trigger; "" for an event that cannot be parsed.
        event_id: The platform's id of the message; "" if it has none.
        account: The one that the function runs in; "" if the context does not say.
    """

    action: str
    request_id: str
    retry_count: str = ""
    trigger: str = ""
    event_id: str = ""
    account: str = ""

    @classmethod
    def of(cls, action: str, context: object, trigger: str = "") -> Origin:
        """Where an invocation came from; a context that lacks a field leaves it empty."""
        return cls(
            action=action,
            request_id=str(getattr(context, "request_id", "") or ""),
            retry_count=str(getattr(context, "retry_count", "") or ""),
            trigger=trigger,
            account=account_of(context),
        )


def log_plan(origin: Origin, plan: Plan, *, dry_run: bool) -> None:
    """Log what would change: the ids, 1,000 per line, and how many there are in all."""
    ids = [one.id for one in plan.to_change]
    numbers = {
        "dry_run": dry_run,
        "would_change": len(ids),
        "awaited": len(plan.awaited),
        "left_alone": len(plan.left_alone),
    }
    for first in range(0, max(len(ids), 1), IDS_A_LINE):
        part = {**numbers, "instances": ids[first : first + IDS_A_LINE]}
        _log(logging.INFO, "plan", origin, part)


def log_report(origin: Origin, report: Report) -> None:
    """Log every row, with the fields that only the log has, then the run."""
    for row in report.rows:
        instance = row.instance
        content = {
            "dry_run": report.dry_run,
            **report.row_as_json(row),
            "stopped_mode": stopped_mode(instance),
            "spot": instance.bought.is_spot,
            "started_at": report.told(instance.started_at),
            "seen_at": report.told(instance.seen_at),
        }
        _log(_LEVELS.get(row.result, logging.INFO), "instance", origin, content)
    body = report.as_json(max_rows=0)
    body.pop("instances")
    body.pop("instances_omitted", None)
    body.pop("plan_id", None)  # it grows with the plan, whose ids are logged
    for warning in report.warnings:
        _log(logging.WARNING, "warning", origin, {"message": warning[:2000]})
    if report.matched_nothing():
        _log(logging.WARNING, "nothing_matched", origin, {"dry_run": report.dry_run})
    _log(logging.INFO, "run", origin, body)


def log_notice(origin: Origin, channel: str, problem: str) -> None:
    """Log that a channel was notified, or why it was not; a failed notice is a warning.

    Args:
        origin: The run's.
        channel: Its name, which is not its address; "": all of them.
        problem: A sentence; "": it was notified.
    """
    content = {"channel": channel, "result": "failed" if problem else "sent", "message": problem}
    _log(logging.WARNING if problem else logging.INFO, "notice", origin, content)


def log_error(origin: Origin, error: Exception) -> None:
    """Log why a request failed: the class and its message, at most 2,000 characters."""
    content = {"error": type(error).__name__, "message": str(error)[:2000]}
    _log(logging.ERROR, "error", origin, content)


def log_unforeseen(error: Exception) -> str:
    """Log where an unforeseen error was raised; returns a sentence that names it.

    Only its class and places in the code are logged: its text may contain a response or a secret.
    """
    content = {"log": "unforeseen", "error": type(error).__name__, "places": places(error)}
    logger.error("%s", json.dumps(content))
    return unforeseen(error)


def _log(level: int, kind: str, origin: Origin, content: Mapping[str, object]) -> None:
    if logger.isEnabledFor(level):
        line = {"log": kind, **msgspec.structs.asdict(origin), **content}
        logger.log(level, "%s", printable(_TO_JSON(line)))
