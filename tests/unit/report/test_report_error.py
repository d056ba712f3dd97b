"""The error that a report amounts to: its class, its sentence, its size."""

from __future__ import annotations

import json
import re

import pytest

from shared.base.errors import AccessDenied, CurfewError, Incomplete, Refused, Unavailable
from shared.domain.plan import Result, Row
from shared.report.report import (
    MAX_ERROR_BYTES,
    what_next,
    with_reports,
    worst_first,
)
from tests.unit.report.reports import NO_COUNTS, report, row

LONG = "\N{CJK UNIFIED IDEOGRAPH-8B8A}" * 100


@pytest.mark.parametrize("result", Result)
def test_only_failed_and_pending_instances_are_an_error(result: Result) -> None:
    error = report(row(1, Result.CHANGED), row(2, result, "why")).error()

    assert error is (Incomplete if result in {Result.FAILED, Result.PENDING} else None)


PROTECTED = row(1, Result.FAILED, "release: protected", "InvalidOperation.DeletionProtection")
DENIED = row(2, Result.FAILED, "RAM does not allow ecs:DeleteInstances", "Forbidden.RAM")


@pytest.mark.parametrize(
    ("rows", "error", "sentence"),
    [
        pytest.param(
            (PROTECTED, row(3, Result.PENDING, "ran out of time"), row(4, Result.CHANGED)),
            Incomplete,
            "release: 1 failed, 1 pending, 1 changed of 3 instances; i-00001: release: protected",
            id="the-worst-row",
        ),
        pytest.param(
            (row(3, Result.PENDING, "ran out of time"),),
            Incomplete,
            "release: 0 failed, 1 pending, 0 changed of 1 instance; i-00003: ran out of time",
            id="nothing-failed",
        ),
        pytest.param(
            (PROTECTED, DENIED, row(4, Result.CHANGED)),
            AccessDenied,
            "release: 2 failed, 0 pending, 1 changed of 3 instances; "
            "i-00002: RAM does not allow ecs:DeleteInstances",
            id="a-missing-permission-before-all-else",
        ),
        pytest.param(
            (PROTECTED, row(5, Result.SKIPPED, "why", "Forbidden.RAM")),
            Incomplete,
            "release: 1 failed, 0 pending, 0 changed of 2 instances; i-00001: release: protected",
            id="what-was-skipped-is-no-missing-permission",
        ),
        pytest.param(
            (row(1, Result.FAILED, "x" * 5000),),
            Incomplete,
            f"release: 1 failed, 0 pending, 0 changed of 1 instance; i-00001: {'x' * 200}",
            id="a-long-reason-is-cut",
        ),
    ],
)
def test_an_error_is_told_of_the_instance_that_met_it(
    rows: tuple[Row, ...], error: type[Exception], sentence: str
) -> None:
    assert report(*rows).error() is error
    assert report(*rows).sentence() == sentence


SHANGHAI = "cn-shanghai"
DEAD: CurfewError = Unavailable("no answer")
FORBIDDEN: CurfewError = AccessDenied("RAM says no", "Forbidden.RAM")


@pytest.mark.parametrize(
    ("unread", "rows", "error", "sentence"),
    [
        pytest.param(
            {SHANGHAI: DEAD},
            (row(1, Result.CHANGED),),
            Incomplete,
            "release: 0 failed, 0 pending, 1 changed of 1 instance; cn-shanghai could not be read: "
            "no answer",
            id="all-others-done",
        ),
        pytest.param(
            {SHANGHAI: DEAD, "cn-beijing": FORBIDDEN},
            (),
            AccessDenied,
            "release: 0 failed, 0 pending, 0 changed of 0 instances; cn-shanghai could not be "
            "read: no answer; cn-beijing could not be read: RAM says no",
            id="one-of-them-denied",
        ),
        pytest.param(
            {SHANGHAI: DEAD},
            (PROTECTED,),
            Incomplete,
            "release: 1 failed, 0 pending, 0 changed of 1 instance; cn-shanghai could not be read: "
            "no answer; i-00001: release: protected",
            id="and-one-failed",
        ),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_region_that_was_not_read_is_an_error_that_names_it(
    unread: dict[str, CurfewError],
    rows: tuple[Row, ...],
    error: type[CurfewError],
    sentence: str,
    dry_run: bool,  # noqa: FBT001  # a column of the table
) -> None:
    one = report(*rows, unread=unread, dry_run=dry_run)

    if dry_run:
        sentence = re.sub(r"[0-9]+ changed of", "0 would change of", sentence)
    assert (one.error(), one.sentence(), one.outcome()) == (error, sentence, "incomplete")


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_refusal_is_the_error_whatever_else_there_is(
    dry_run: bool,  # noqa: FBT001  # a column of the table
) -> None:
    one = report(DENIED, unread={SHANGHAI: DEAD}, refusal="too many", dry_run=dry_run)

    assert (one.error(), one.sentence(), one.outcome()) == (Refused, "too many", "incomplete")


@pytest.mark.parametrize("result", Result)
@pytest.mark.parametrize("dry_run", [False, True])
def test_the_outcome_is_incomplete_exactly_where_there_is_an_error(
    result: Result,
    dry_run: bool,  # noqa: FBT001  # a column of the table
) -> None:
    one = report(row(1, result), dry_run=dry_run)

    whole = "planned" if dry_run else "complete"
    assert one.outcome() == ("incomplete" if one.error() else whole)
    assert one.as_json()["outcome"] == one.outcome()


def test_an_errors_message_is_the_sentence_and_the_report() -> None:
    one = report(row(1, Result.CHANGED))

    message = with_reports("why", [one], listed=False)

    assert message == f"why {json.dumps(one.as_json())}"


def test_of_a_list_each_report_is_told() -> None:
    one, other = report(row(1, Result.CHANGED)), report(row(2, Result.SKIPPED, "why"))

    message = with_reports("1 error in 3 messages", [one, other], listed=True)

    assert message == "1 error in 3 messages " + json.dumps(
        {"outcome": "incomplete", "reports": [one.as_json(), other.as_json()]}
    )


def test_a_great_report_keeps_its_worst_rows_in_32_kilobytes() -> None:
    rows = worst_first(
        [row(n, Result.CHANGED, LONG) for n in range(500)]
        + [row(n, Result.FAILED, LONG) for n in range(500, 520)]
    )

    message = with_reports("why", [report(*rows)], listed=False)

    body = json.loads(message.removeprefix("why "))
    assert len(message.encode()) <= MAX_ERROR_BYTES
    assert [one["result"] for one in body["instances"][:20]] == ["failed"] * 20
    assert len(body["instances"]) + body["instances_omitted"] == 520
    assert body["counts"] == {**NO_COUNTS, "changed": 500, "failed": 20}


def test_several_great_reports_are_cut_alike() -> None:
    great = report(*(row(n, Result.CHANGED, LONG) for n in range(200)))

    message = with_reports("why", [great] * 9, listed=True)

    body = json.loads(message.removeprefix("why "))
    assert len(message.encode()) <= MAX_ERROR_BYTES
    assert [len(one["instances"]) for one in body["reports"]] == [6] * 9


def test_a_row_that_fits_in_no_message_is_left_out() -> None:
    message = with_reports("why", [report(row(1, Result.FAILED, "x" * 40_000))], listed=False)

    body = json.loads(message.removeprefix("why "))
    assert (body["instances"], body["instances_omitted"]) == ([], 1)


@pytest.mark.parametrize(
    ("pending", "dry_run", "unread", "said"),
    [
        (0, False, {}, []),
        (1, False, {}, ["1 instance pending: send the same request again"]),
        (2, False, {"cn-a": Incomplete("x")}, ["2 instances pending: send the same request again"]),
        (0, True, {"cn-a": Incomplete("x")}, ["no plan_id: cn-a could not be read"]),
        (0, True, {}, []),
    ],
)
def test_what_to_do_next_is_told_once_and_not_in_every_row(
    pending: int,
    dry_run: bool,  # noqa: FBT001  # a table's column
    unread: dict[str, CurfewError],
    said: list[str],
) -> None:
    rows = [row(0, Result.CHANGED), *(row(n + 1, Result.PENDING, "why") for n in range(pending))]

    told = list(what_next(rows, unread, dry_run=dry_run))

    assert len(told) == len(said)
    assert all(one.startswith(start) for one, start in zip(told, said, strict=True))
