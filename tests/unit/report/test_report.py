"""The report: its shape, its order, its limits, and the error that it amounts to."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.instance import Instance, Status
from shared.domain.plan import Result, Row
from shared.errors import AccessDenied, CurfewError, Incomplete, Refused, Unavailable
from shared.report.report import (
    MAX_ERROR_BYTES,
    MAX_WARNING,
    MAX_WARNINGS,
    Report,
    what_next,
    with_reports,
    worst_first,
)
from shared.times import CHINA
from shared.version import VERSION

NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=timezone.utc)
LONG = "\N{CJK UNIFIED IDEOGRAPH-8B8A}" * 100
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


def test_a_row_says_what_the_contract_promises() -> None:
    instance = Instance(
        id="i-1",
        region="cn-hangzhou",
        seen_at=NOW,
        status=Status.RUNNING,
        name="ci-1",
        instance_type="ecs.g7.large",
        charge_type="PostPaid",
        auto_release_at=NOW,
    )

    told = Row(instance, Result.SKIPPED, "tag curfew:protect", "Some.Code")

    assert report(told).row_as_json(told) == {
        "id": "i-1",
        "name": "ci-1",
        "region": "cn-hangzhou",
        "result": "skipped",
        "reason": "tag curfew:protect",
        "code": "Some.Code",
        "status": "Running",
        "charge_type": "PostPaid",
        "instance_type": "ecs.g7.large",
        "auto_release_at": "2026-11-24T20:00:30+08:00",
        "tags": {},
    }


def test_where_there_is_nothing_to_say_a_row_is_empty_and_whole() -> None:
    told = Row(Instance("i-1", "", NOW, Status.GONE), Result.UNCHANGED)

    assert report(told).row_as_json(told) == {
        "id": "i-1",
        "name": "",
        "region": "",
        "result": "unchanged",
        "reason": "",
        "code": "",
        "status": "Gone",
        "charge_type": "",
        "instance_type": "",
        "auto_release_at": "",
        "tags": {},
    }


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        (CHINA, "2026-11-24T20:00:30+08:00"),
        (timezone.utc, "2026-11-24T12:00:30+00:00"),
        (timezone(timedelta(hours=-4, minutes=-30)), "2026-11-24T07:30:30-04:30"),
    ],
    ids=["china", "utc", "west"],
)
def test_a_release_time_is_told_in_the_operators_zone_with_its_offset(
    zone: timezone, shown: str
) -> None:
    instance = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, auto_release_at=NOW)

    told = report(Row(instance, Result.UNCHANGED), zone=zone).as_json()["instances"]

    assert [one["auto_release_at"] for one in told] == [shown]


def test_a_row_shows_the_tags_that_are_to_be_shown_in_their_order() -> None:
    tags = {"team": "dev", "owner": "", "stage": "test"}
    instance = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, tags=tags)
    told = Row(instance, Result.UNCHANGED)

    shown = report(told, show_tags=("owner", "cost-center", "team")).as_json()["instances"]

    assert [list(one["tags"].items()) for one in shown] == [[("owner", ""), ("team", "dev")]]


def test_warnings_are_told_up_to_a_number_and_a_length() -> None:
    many = tuple(f"{number} {'w' * 1_000}" for number in range(MAX_WARNINGS + 5))

    told = report(warnings=("only this",)).as_json()["warnings"]
    cut = report(warnings=many).as_json()["warnings"]

    assert told == ["only this"]
    assert cut == [one[:MAX_WARNING] for one in many[:MAX_WARNINGS]]


def test_a_report_says_what_the_contract_promises() -> None:
    changed, skipped = row(1, Result.CHANGED), row(2, Result.SKIPPED, "financial lock")

    assert report(skipped, changed).as_json() == {
        "action": "release",
        "request_id": "r-1",
        "dry_run": False,
        "outcome": "complete",
        "counts": {**NO_COUNTS, "changed": 1, "skipped": 1},
        "warnings": [],
        "api_calls": 9,
        "seconds": 41.2,
        "ended_at": "2026-11-24T20:00:30+08:00",
        "version": VERSION,
        "instances": [report().row_as_json(skipped), report().row_as_json(changed)],
    }


def test_a_dry_run_is_planned_and_bears_the_plans_name() -> None:
    answered = report(row(1, Result.WOULD_CHANGE), dry_run=True, plan_id="p1-x-y").as_json()

    assert (answered["dry_run"], answered["outcome"], answered["plan_id"]) == (
        True,
        "planned",
        "p1-x-y",
    )
    assert answered["counts"] == {**NO_COUNTS, "would_change": 1}


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_report_of_nothing_is_no_error(
    dry_run: bool,  # noqa: FBT001  # a column of the table
) -> None:
    nothing = report(dry_run=dry_run)

    assert nothing.error() is None
    assert nothing.as_json()["counts"] == NO_COUNTS
    assert nothing.as_json()["instances"] == []


@pytest.mark.parametrize(
    ("number", "shown", "omitted"),
    [(199, 199, None), (200, 200, None), (201, 200, 1), (450, 200, 250)],
)
def test_at_most_two_hundred_rows_are_answered_and_the_rest_counted(
    number: int, shown: int, omitted: int | None
) -> None:
    answered = report(*(row(n, Result.CHANGED) for n in range(number))).as_json()

    assert len(answered["instances"]) == shown
    assert answered.get("instances_omitted") == omitted
    assert answered["counts"]["changed"] == number


def test_rows_are_sorted_worst_first_then_by_region_and_id() -> None:
    rows = [
        row(1, Result.UNCHANGED),
        row(2, Result.WOULD_CHANGE),
        row(3, Result.CHANGED),
        row(4, Result.SKIPPED),
        row(6, Result.PENDING),
        row(5, Result.PENDING),
        row(7, Result.PENDING, region="cn-beijing"),
        row(8, Result.FAILED),
    ]

    assert [one.instance.id for one in worst_first(rows)] == [
        "i-00008",
        "i-00007",
        "i-00005",
        "i-00006",
        "i-00004",
        "i-00003",
        "i-00002",
        "i-00001",
    ]


@given(st.lists(st.builds(row, st.integers(0, 99), st.sampled_from(Result))))
def test_the_counts_add_up_and_sorting_loses_nothing(rows: list[Row]) -> None:
    in_order = worst_first(rows)

    assert sorted(map(id, in_order)) == sorted(map(id, rows))
    assert sum(report(*in_order).counts().values()) == len(rows)
    assert set(report(*in_order).counts()) == {result.value for result in Result}


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
