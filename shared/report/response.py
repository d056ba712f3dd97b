"""An invocation's response in its trigger's format: one report, a list's, or HTTP's. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.base.errors import (
    AccessDenied,
    CurfewError,
    Incomplete,
    InvalidEvent,
    Refused,
    Unavailable,
)
from shared.base.printable import counted, printable
from shared.report.report import Report, with_reports
from shared.request.triggers import Event, Message

HTTP_STATUS: Mapping[type[CurfewError], int] = {
    InvalidEvent: 400,
    AccessDenied: 403,
    Refused: 409,
    Incomplete: 500,
    Unavailable: 503,
}

_MOST_ERRORS_BYTES = 8_000

Work = Callable[[Message | InvalidEvent], Report]
"""Processes one message; raises a CurfewError if it failed, otherwise returns its report."""


def answer(event: Event, work: Work, has_time: Callable[[], bool]) -> dict[str, Any]:
    """The report of the event's message; for a list ``{"outcome", "reports"}``.

    Every message of a list is processed, whatever happens to the others, while there is time.

    Args:
        event: The messages.
        work: Processes one message.
        has_time: Is there time to begin another?

    Raises:
        CurfewError: as ``work`` does, or Incomplete, AccessDenied or Refused with the report; for a
            list the class that all have in common, if all failed, otherwise Incomplete.
    """
    if event.is_list:
        return _answer_of_list(event, work, has_time)
    report = work(event.messages[0])
    if error := report.error():
        raise error(with_reports(report.sentence(), [report], listed=False))
    return report.as_json()


def http_answer(event: Event, work: Work) -> dict[str, Any]:
    """The same as an HTTP trigger and API Gateway want it; an error is a response, too.

    API Gateway turns any other format into a 503 ("HTTP trigger", "API Gateway triggers", FC docs).
    """
    body: dict[str, Any]
    try:
        report = work(event.messages[0])
    except CurfewError as error:
        status = HTTP_STATUS[type(error)]
        body = {"errorType": type(error).__name__, "errorMessage": str(error)}
    else:
        status, body = 200, report.as_json()
        if failure := report.error():
            status = HTTP_STATUS[failure]
            names = {"errorType": failure.__name__, "errorMessage": report.sentence()}
            body = {**names, "report": body}
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json; charset=utf-8"},
        "isBase64Encoded": False,
        "body": printable(json.dumps(body, ensure_ascii=False)),
    }


def _answer_of_list(event: Event, work: Work, has_time: Callable[[], bool]) -> dict[str, Any]:
    reports: list[Report] = []
    errors: list[tuple[type[CurfewError], str]] = []
    total = len(event.messages)
    for index, message in enumerate(event.messages):
        if not has_time():
            errors.append((Incomplete, _not_begun(index, total)))
            break
        try:
            report = work(message)
        except CurfewError as error:
            errors.append((type(error), f"[{index}] {type(error).__name__}: {error}"))
            continue
        reports.append(report)
        if failure := report.error():
            errors.append((failure, f"[{index}] {failure.__name__}: {report.sentence()}"))
    if errors:
        raise _list_error(errors, reports, total)
    outcomes = {report.outcome() for report in reports}
    outcome = outcomes.pop() if len(outcomes) == 1 else "complete"
    return {"outcome": outcome, "reports": [report.as_json() for report in reports]}


def _not_begun(index: int, total: int) -> str:
    if index == total - 1:
        return f"[{index}] Incomplete: ran out of time before 1 message; send it again"
    return (
        f"[{index}] to [{total - 1}] Incomplete: ran out of time before {total - index} messages; "
        "send them again"
    )


def _list_error(
    errors: Sequence[tuple[type[CurfewError], str]], reports: Sequence[Report], total: int
) -> CurfewError:
    """One error for the list: the class that all have in common, if all failed."""
    named = "; ".join(text for _, text in errors)
    told = named.encode(errors="replace")[:_MOST_ERRORS_BYTES].decode(errors="ignore")
    sentence = f"{counted(len(errors), 'error')} in {counted(total, 'message')}: {told}"
    classes = {error for error, _ in errors}
    error = classes.pop() if len(errors) == total and len(classes) == 1 else Incomplete
    return error(with_reports(sentence, reports, listed=True) if reports else sentence)
