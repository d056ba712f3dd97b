"""A function's response, parsed for display: its reports, and why it failed if it did.

Parses what ``shared.report.report`` writes, in each of its forms: the report, a list of reports,
the body of an HTTP response, an error's message with the report after its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import TypeVar

import msgspec

from local.fc.runtime import Outcome
from shared.base.times import parse_instant

T = TypeVar("T")
_MOST_BRACES = 100
"""In a failure's sentence: after the hundredth, no report is searched for."""


class Price(msgspec.Struct, frozen=True):
    """What an instance costs per hour at list price, and how much of it ends in economical mode."""

    hour: float
    ends: float
    currency: str


class Row(msgspec.Struct, frozen=True):
    """One instance's row in a report; ``list_price`` is None if unknown or not requested."""

    id: str
    name: str
    region: str
    result: str
    reason: str
    code: str
    status: str
    auto_release_at: str
    instance_type: str = ""
    list_price: Price | None = None

    def __post_init__(self) -> None:
        """Refuse an invalid time, since it is shown in another zone."""
        if self.auto_release_at:
            parse_instant(self.auto_release_at)


class Report(msgspec.Struct, frozen=True):
    """The report of one request.

    Attributes:
        instances_omitted: How many more rows there are than were returned.
        warnings: Sentences for people.
        plan_id: The id of a dry run's plan; "" if there is none to confirm.
    """

    action: str
    dry_run: bool
    outcome: str
    counts: Mapping[str, int]
    api_calls: int
    seconds: float
    instances: tuple[Row, ...]
    instances_omitted: int = 0
    warnings: tuple[str, ...] = ()
    plan_id: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an invocation failed; the message does not include the report."""

    error_type: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        reports: One for each request that got that far.
        failure: None if all went well.
        http_status: The status of an HTTP trigger's response; 0 for any other.
    """

    reports: tuple[Report, ...]
    failure: Failure | None = None
    http_status: int = 0


class _Reports(msgspec.Struct, frozen=True):
    reports: tuple[Report, ...]


class _Error(msgspec.Struct, frozen=True, rename="camel"):
    error_message: str
    error_type: str = ""


class _HttpAnswer(msgspec.Struct, frozen=True, rename="camel"):
    status_code: int
    body: str


def read_answer(outcome: Outcome) -> Answer:
    """Parse an outcome.

    Raises:
        msgspec.MsgspecError: it is not a response of one of our functions.
    """
    if not outcome.ok:
        return _read_error(outcome.body, outcome.error_type)
    try:
        http = _decoded(outcome.body, _HttpAnswer)
    except msgspec.ValidationError:
        return Answer(_read_reports(outcome.body))
    if http.status_code == HTTPStatus.OK:
        return Answer(_read_reports(http.body), http_status=http.status_code)
    failed = _read_error(http.body)
    return Answer(failed.reports, failed.failure, http.status_code)


def _read_reports(body: bytes | str) -> tuple[Report, ...]:
    try:
        return _decoded(body, _Reports).reports
    except msgspec.ValidationError:
        return (_decoded(body, Report),)


def _read_error(body: bytes | str, error_type: str = "") -> Answer:
    """The error, with its message split into the sentence and the reports after it."""
    error = _decoded(body, _Error)
    message, kind = error.error_message, error.error_type or error_type
    for brace in islice(re.finditer(r" (?=\{)", message), _MOST_BRACES):
        try:
            reports = _read_reports(message[brace.end() :])
        except msgspec.DecodeError:
            continue
        return Answer(reports, Failure(kind, message[: brace.start()]))
    return Answer((), Failure(kind, message))


def _decoded(body: bytes | str, form: type[T]) -> T:
    """JSON of a given form.

    Raises:
        msgspec.MsgspecError: it is not of that form, or nested too deeply.
    """
    try:
        return msgspec.json.decode(body, type=form)
    except (RecursionError, UnicodeError):
        raise msgspec.DecodeError("JSON that cannot be read") from None
