"""Answers are understood in each form that a function gives them."""

from __future__ import annotations

import json

import pytest
from msgspec import MsgspecError

from local.fc.runtime import Outcome
from local.show.read_report import Answer, Failure, Report, Row, read_answer

ROW = {
    "id": "i-a",
    "name": "a {b}",
    "region": "cn-hangzhou",
    "result": "failed",
    "reason": "why {not}",
    "code": "Code",
    "status": "Running",
    "charge_type": "PostPaid",
    "instance_type": "ecs.g7.large",
    "auto_release_at": "",
}
REPORT = {
    "action": "stop",
    "request_id": "1",
    "dry_run": False,
    "outcome": "complete",
    "plan_id": "p1-0",
    "counts": {"failed": 1},
    "api_calls": 2,
    "seconds": 0.5,
    "instances": [ROW],
}
READ = Report(
    action="stop",
    dry_run=False,
    outcome="complete",
    counts={"failed": 1},
    api_calls=2,
    seconds=0.5,
    instances=(
        Row(
            *("i-a", "a {b}", "cn-hangzhou", "failed", "why {not}", "Code", "Running", ""),
            instance_type="ecs.g7.large",
        ),
    ),
    plan_id="p1-0",
)
LIST = {"outcome": "complete", "reports": [REPORT, REPORT]}


def http(status: int, body: object) -> dict[str, object]:
    return {"statusCode": status, "headers": {}, "body": json.dumps(body)}


def error(message: str, kind: str = "Incomplete") -> dict[str, str]:
    return {"errorMessage": message, "errorType": kind}


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        pytest.param(REPORT, Answer((READ,)), id="report"),
        pytest.param(LIST, Answer((READ, READ)), id="list"),
        pytest.param(http(200, REPORT), Answer((READ,), None, 200), id="http"),
        pytest.param(http(200, LIST), Answer((READ, READ), None, 200), id="http list"),
        pytest.param(
            http(409, error("too many", "Refused")),
            Answer((), Failure("Refused", "too many"), 409),
            id="http error",
        ),
        pytest.param(
            http(500, error(f"one failed. {json.dumps(REPORT)}")),
            Answer((READ,), Failure("Incomplete", "one failed."), 500),
            id="http error with report",
        ),
    ],
)
def test_a_success_is_read(body: object, answer: Answer) -> None:
    assert read_answer(Outcome(ok=True, body=json.dumps(body).encode())) == answer


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        pytest.param("why", Answer((), Failure("Incomplete", "why")), id="sentence"),
        pytest.param(
            f"one failed. {json.dumps(REPORT)}",
            Answer((READ,), Failure("Incomplete", "one failed.")),
            id="with report",
        ),
        pytest.param(
            f"a {{b}} and {{c failed. {json.dumps(LIST)}",
            Answer((READ, READ), Failure("Incomplete", "a {b} and {c failed.")),
            id="braces, with reports",
        ),
    ],
)
def test_a_failure_is_read(message: str, answer: Answer) -> None:
    body = json.dumps(error(message)).encode()

    assert read_answer(Outcome(ok=False, body=body, error_type="Incomplete")) == answer


def test_a_failure_without_a_type_has_that_of_the_platform() -> None:
    outcome = Outcome(ok=False, body=b'{"errorMessage": "time out"}', error_type="Unhandled")

    assert read_answer(outcome) == Answer((), Failure("Unhandled", "time out"))


def test_what_no_function_answers_is_an_error() -> None:
    with pytest.raises(MsgspecError):
        read_answer(Outcome(ok=True, body=b'"hello"'))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000], ids=["lists", "objects"])
@pytest.mark.parametrize("ok", [True, False])
def test_what_is_too_deep_to_be_read_is_an_error(body: bytes, *, ok: bool) -> None:
    with pytest.raises(MsgspecError):
        read_answer(Outcome(ok=ok, body=body, error_type="Incomplete"))


def test_a_failures_sentence_may_hold_what_is_too_deep_to_be_read() -> None:
    message = "no " + '{"a":' * 100_000

    answer = read_answer(Outcome(ok=False, body=json.dumps(error(message)).encode()))

    assert answer == Answer((), Failure("Incomplete", message))


def test_a_report_with_a_release_at_no_time_is_none() -> None:
    report = {**REPORT, "instances": [{**ROW, "auto_release_at": "soon"}]}

    with pytest.raises(MsgspecError, match="not a time with a zone"):
        read_answer(Outcome(ok=True, body=json.dumps(report).encode()))


@pytest.mark.parametrize(("braces", "reports"), [(99, (READ,)), (100, ())])
def test_a_report_is_looked_for_behind_a_hundred_braces_and_no_further(
    braces: int, reports: tuple[Report, ...]
) -> None:
    message = f"no{' {' * braces} {json.dumps(REPORT)}"

    answer = read_answer(Outcome(ok=False, body=json.dumps(error(message)).encode()))

    assert answer.reports == reports
