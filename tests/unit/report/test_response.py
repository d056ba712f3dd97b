"""Answers in the form of their trigger: one, a list's, HTTP's; errors that fit and name all."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from shared.base.errors import (
    AccessDenied,
    CurfewError,
    Incomplete,
    InvalidEvent,
    Refused,
    Unavailable,
)
from shared.base.times import CHINA
from shared.domain.instance import Instance, Status
from shared.domain.plan import Result, Row
from shared.report.report import MAX_ERROR_BYTES, Report, worst_first
from shared.report.response import HTTP_STATUS, answer, http_answer
from shared.request.triggers import Event, Message, Trigger

AT = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
MESSAGE = Message({}, None, "", Trigger.DIRECT)


def row(number: int, result: Result, reason: str = "", code: str = "") -> Row:
    return Row(Instance(f"i-{number}", "cn-hangzhou", AT, Status.RUNNING), result, reason, code)


def report(*rows: Row, refusal: str = "") -> Report:
    return Report(
        action="stop",
        request_id="1-66aa",
        dry_run=False,
        rows=worst_first(rows),
        api_calls=3,
        seconds=1.0,
        ended_at=AT,
        zone=CHINA,
        refusal=refusal,
    )


GOOD = report(row(1, Result.CHANGED, "stop"))
BAD = report(row(2, Result.FAILED, "stop: no", "X"), row(3, Result.CHANGED, "stop"))
PENDING = report(row(4, Result.PENDING, "ran out of time; Stopping"))
REFUSED = report(row(6, Result.WOULD_CHANGE, "stop"), refusal="1 instance would change")
DENIED = report(row(5, Result.FAILED, "RAM says no", "Forbidden.RAM"))

Outcome = Report | CurfewError


def event(count: int, trigger: Trigger, *, is_list: bool) -> Event:
    return Event(trigger, (MESSAGE,) * count, is_list=is_list)


def work_of(outcomes: Sequence[Outcome]) -> Any:  # noqa: ANN401  # a Work
    left = iter(outcomes)

    def work(_: Message | InvalidEvent) -> Report:
        outcome = next(left)
        if isinstance(outcome, CurfewError):
            raise outcome
        return outcome

    return work


def one(outcome: Outcome) -> dict[str, Any]:
    return answer(event(1, Trigger.DIRECT, is_list=False), work_of([outcome]), lambda: True)


def listed(*outcomes: Outcome, has_time: Callable[[], bool] = lambda: True) -> dict[str, Any]:
    messages = event(len(outcomes), Trigger.EVENTBRIDGE, is_list=True)
    return answer(messages, work_of(outcomes), has_time)


def by_http(outcome: Outcome) -> dict[str, Any]:
    return http_answer(event(1, Trigger.HTTP, is_list=False), work_of([outcome]))


def failure(*outcomes: Outcome, has_time: Callable[[], bool] = lambda: True) -> CurfewError:
    with pytest.raises(CurfewError) as caught:
        listed(*outcomes, has_time=has_time)
    return caught.value


def test_a_message_is_answered_with_its_report() -> None:
    assert one(GOOD) == GOOD.as_json()


@pytest.mark.parametrize(
    ("outcome", "error", "sentence"),
    [
        (
            BAD,
            Incomplete,
            "stop: 1 failed, 0 pending, 1 changed of 2 instances; i-2: stop: no",
        ),
        (
            PENDING,
            Incomplete,
            "stop: 0 failed, 1 pending, 0 changed of 1 instance; i-4: ran out of time; Stopping",
        ),
        (
            DENIED,
            AccessDenied,
            "stop: 1 failed, 0 pending, 0 changed of 1 instance; i-5: RAM says no",
        ),
        (REFUSED, Refused, "1 instance would change"),
    ],
    ids=["failed", "pending", "denied", "refused"],
)
def test_what_is_left_undone_is_an_error_with_the_report(
    outcome: Report, error: type[CurfewError], sentence: str
) -> None:
    with pytest.raises(CurfewError) as caught:
        one(outcome)

    assert type(caught.value) is error
    assert str(caught.value) == f"{sentence} {json.dumps(outcome.as_json())}"


def test_a_list_is_answered_with_a_list_even_of_one() -> None:
    assert listed(GOOD) == {"outcome": "complete", "reports": [GOOD.as_json()]}


def test_one_bad_message_does_not_stop_the_others_and_is_named() -> None:
    error = failure(GOOD, InvalidEvent("[1] (id m-2) tga: no field"), GOOD)

    sentence, _, body = str(error).partition(" {")
    assert type(error) is Incomplete
    assert sentence == "1 error in 3 messages: [1] InvalidEvent: [1] (id m-2) tga: no field"
    assert json.loads("{" + body) == {
        "outcome": "incomplete",
        "reports": [GOOD.as_json(), GOOD.as_json()],
    }


def test_a_report_with_a_failure_is_named_and_told_like_the_others() -> None:
    error = failure(GOOD, BAD)

    sentence, _, body = str(error).partition(" {")
    assert type(error) is Incomplete
    assert sentence == f"1 error in 2 messages: [1] Incomplete: {BAD.sentence()}"
    assert json.loads("{" + body)["reports"] == [GOOD.as_json(), BAD.as_json()]


def test_an_outcome_that_all_reports_share_is_the_lists_and_else_it_is_complete() -> None:
    planned = replace(GOOD, dry_run=True)

    assert listed(planned, planned)["outcome"] == "planned"
    assert listed(planned, GOOD)["outcome"] == "complete"
    assert listed(GOOD, GOOD)["outcome"] == "complete"


@pytest.mark.parametrize(
    ("begun", "not_begun"),
    [
        (0, "[0] to [2] Incomplete: ran out of time before 3 messages; send them again"),
        (1, "[1] to [2] Incomplete: ran out of time before 2 messages; send them again"),
        (2, "[2] Incomplete: ran out of time before 1 message; send it again"),
    ],
)
def test_messages_that_there_is_no_time_for_are_not_begun_and_are_named(
    begun: int, not_begun: str
) -> None:
    answers = iter([*[True] * begun, False])
    done = [GOOD] * 3

    error = failure(*done, has_time=lambda: next(answers))

    sentence, _, body = str(error).partition(" {")
    assert type(error) is Incomplete
    assert sentence == f"1 error in 3 messages: {not_begun}"
    reports = json.loads("{" + body)["reports"] if body else []
    assert reports == [GOOD.as_json()] * begun


@pytest.mark.parametrize(
    ("outcomes", "error"),
    [
        ((InvalidEvent("a"), InvalidEvent("b")), InvalidEvent),
        ((Refused("a"), Refused("b")), Refused),
        ((Unavailable("a"), Unavailable("b")), Unavailable),
        ((AccessDenied("a"), DENIED), AccessDenied),
        ((BAD, PENDING), Incomplete),
        ((InvalidEvent("a"), Refused("b")), Incomplete),
        ((InvalidEvent("a"), GOOD), Incomplete),
        ((DENIED, GOOD), Incomplete),
        ((BAD, DENIED), Incomplete),
        ((Refused("a"), REFUSED), Refused),
        ((REFUSED, GOOD), Incomplete),
    ],
    ids=lambda value: (
        "-".join(type(one).__name__ for one in value)
        if isinstance(value, tuple)
        else value.__name__
    ),
)
def test_a_list_that_fails_alike_fails_with_that_class_else_incomplete(
    outcomes: tuple[Outcome, ...], error: type[CurfewError]
) -> None:
    assert type(failure(*outcomes)) is error


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (InvalidEvent("why"), 400),
        (AccessDenied("why"), 403),
        (Refused("why"), 409),
        (Incomplete("why"), 500),
        (Unavailable("why"), 503),
    ],
    ids=lambda value: type(value).__name__,
)
def test_http_is_answered_with_a_status_and_the_error(outcome: CurfewError, status: int) -> None:
    got = by_http(outcome)

    assert got == {
        "statusCode": status,
        "headers": {"Content-Type": "application/json; charset=utf-8"},
        "isBase64Encoded": False,
        "body": got["body"],
    }
    assert json.loads(got["body"]) == {
        "errorType": type(outcome).__name__,
        "errorMessage": "why",
    }


def test_an_http_answer_can_be_read_by_people_too() -> None:
    assert "实例" in by_http(Refused("实例太多"))["body"]


def test_every_error_has_a_status() -> None:
    assert set(HTTP_STATUS) == set(CurfewError.__subclasses__())


def test_http_is_answered_with_the_report() -> None:
    got = by_http(GOOD)

    assert (got["statusCode"], json.loads(got["body"])) == (200, GOOD.as_json())


@pytest.mark.parametrize(
    ("outcome", "status"), [(BAD, 500), (PENDING, 500), (DENIED, 403), (REFUSED, 409)]
)
def test_http_gets_the_report_of_a_failure_whole(outcome: Report, status: int) -> None:
    got = by_http(outcome)

    error = outcome.error()
    assert error is not None
    assert (got["statusCode"], json.loads(got["body"])) == (
        status,
        {
            "errorType": error.__name__,
            "errorMessage": outcome.sentence(),
            "report": outcome.as_json(),
        },
    )


@pytest.mark.parametrize(
    "reason", ["r" * 100, "语" * 100, '"' * 100], ids=["ascii", "chinese", "escaped"]
)
def test_an_error_fits_a_log_line_and_keeps_the_worst_rows(reason: str) -> None:
    rows = [row(number, Result.CHANGED, reason) for number in range(500)]
    worst = row(999, Result.FAILED, reason, "X")

    with pytest.raises(Incomplete) as caught:
        one(report(*rows, worst))

    text = str(caught.value)
    told = json.loads("{" + text.partition(" {")[2])
    assert len(text.encode()) <= MAX_ERROR_BYTES < 32 * 1024
    assert told["instances"][0]["id"] == "i-999"
    assert told["counts"]["changed"] == 500
    assert len(told["instances"]) + told["instances_omitted"] == 501


def told_of(errors: int, first: str) -> str:
    return f"{errors} error{'' if errors == 1 else 's'} in 1000 messages: {first}"


@pytest.mark.parametrize("reason", ["r" * 300, "😀" * 300], ids=["ascii", "emoji"])
@pytest.mark.parametrize("bad", [1, 400, 1000])
def test_a_list_of_a_thousand_messages_fits_too_and_keeps_what_failed(
    bad: int, reason: str
) -> None:
    failing = report(row(999, Result.FAILED, reason, "X"))

    text = str(failure(*[GOOD] * (1000 - bad), *[failing] * bad))

    told = json.loads("{" + text.partition(" {")[2])
    assert len(text.encode()) <= MAX_ERROR_BYTES
    assert text.startswith(told_of(bad, f"[{1000 - bad}] Incomplete: stop: "))
    assert told["reports"][0]["counts"]["failed"] == 1
    assert len(told["reports"]) + told["reports_omitted"] == 1000


def test_a_thousand_invalid_messages_fit_too() -> None:
    text = str(failure(*[InvalidEvent("😀" * 100)] * 1000))

    assert len(text.encode()) <= MAX_ERROR_BYTES
    assert text.startswith(told_of(1000, "[0] InvalidEvent: "))
