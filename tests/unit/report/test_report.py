"""The report: its shape, its order, its limits, and the error that it amounts to."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.times import CHINA
from shared.base.version import VERSION
from shared.domain.instance import Instance, Status
from shared.domain.plan import Result, Row
from shared.report.report import (
    MAX_WARNING,
    MAX_WARNINGS,
    worst_first,
)
from tests.unit.report.reports import NO_COUNTS, NOW, report, row


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


def test_a_row_shows_a_tag_under_the_spelling_that_the_instance_has() -> None:
    tags = {"Team ": "dev", "Owner": "li", "owners": "all"}
    instance = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, tags=tags)
    told = Row(instance, Result.UNCHANGED)

    shown = report(told, show_tags=("owner", "team")).as_json()["instances"]

    assert [list(one["tags"].items()) for one in shown] == [[("Owner", "li"), ("Team ", "dev")]]


def test_warnings_are_told_up_to_a_number_and_a_length() -> None:
    many = tuple(f"{number} {'w' * 1_000}" for number in range(MAX_WARNINGS + 5))

    told = report(warnings=("only this",)).as_json()["warnings"]
    cut = report(warnings=many).as_json()["warnings"]

    assert told == ["only this"]
    assert cut == [
        *(f"{one[: MAX_WARNING - 1]}…" for one in many[: MAX_WARNINGS - 1]),
        "6 more warnings are in the log",
    ]
    assert len(report(warnings=many[:MAX_WARNINGS]).as_json()["warnings"]) == MAX_WARNINGS
    assert "more" not in report(warnings=many[:MAX_WARNINGS]).as_json()["warnings"][-1]


def test_warnings_and_reasons_show_what_nobody_could_see() -> None:
    told = report(row(1, Result.SKIPPED, "a\x1bb"), warnings=("c\u202ed",)).as_json()

    assert told["warnings"] == [r"c\u202ed"]
    assert told["instances"][0]["reason"] == r"a\u001bb"


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
