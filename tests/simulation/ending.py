"""How an invocation ended, whatever its trigger: a report, several, or an error that has them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Ending:
    """What Function Compute, or the caller of an HTTP trigger, is told.

    Attributes:
        error: The class that it would show; "": none.
        text: The error's message, without the reports.
        reports: One for each message that came to one, as far as the error has room.
        is_list: It is the answer to a list of messages.
        outcome: Of a list, the list's own.
        cut: Reports were left out.
        cause: The exception, if there is one.
    """

    error: str
    text: str
    reports: tuple[Report, ...]
    is_list: bool = False
    outcome: str = ""
    cut: bool = False
    cause: Exception | None = None


def ending_of(answer: dict[str, Any] | Exception) -> Ending:
    """Read what a handler returned or raised."""
    if isinstance(answer, Exception):
        return _failed(type(answer).__name__, str(answer), answer)
    if "statusCode" in answer:
        body = json.loads(answer["body"])
        if answer["statusCode"] == 200:
            return ending_of(body)
        report = json.dumps(body["report"]) if "report" in body else ""
        return _failed(body["errorType"], f"{body['errorMessage']} {report}", None)
    if "reports" in answer:
        return Ending("", "", tuple(answer["reports"]), is_list=True, outcome=answer["outcome"])
    return Ending("", "", (answer,), outcome=str(answer.get("outcome", "")))


_BODY = re.compile(r'\{"(?:action|outcome)": ')


def _failed(name: str, text: str, cause: Exception | None) -> Ending:
    for match in _BODY.finditer(text):
        try:
            body = json.loads(text[match.start() :])
        except ValueError:
            continue
        sentence, cut = text[: match.start()], bool(body.get("reports_omitted"))
        if "reports" in body:
            reports = tuple(body["reports"])
            return Ending(
                name, sentence, reports, is_list=True, outcome=body["outcome"], cut=cut, cause=cause
            )
        return Ending(name, sentence, (body,), outcome=body["outcome"], cause=cause)
    return Ending(name, text, (), cause=cause)
