"""What is said of a run, in both languages."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shared.base.errors import Refused, Unavailable
from shared.domain.plan import Result
from shared.notify.message import Line, Run, Text, text_of
from shared.notify.words import WORDS
from shared.report.log import Origin
from tests.unit.notify.runs import before, report, row, run

FAILED = report(
    row(1),
    row(2, Result.FAILED, code="OperationDenied.NoStock", reason="no stock"),
    warnings=("nothing is known",),
)
RESTING = replace(report(), rests=True)


def test_a_run_in_english() -> None:
    assert text_of(run(FAILED, retry_count="2"), "en") == Text(
        title="Curfew stop: incomplete",
        facts=(
            "1 failed, 1 changed",
            "stop: 1 failed, 0 pending, 1 changed of 2 instances; i-bp1example00000002: no stock",
            "nothing is known",
        ),
        lines=(
            Line(
                "dev-web-2",
                "(i-bp1example00000002, cn-hangzhou) failed: OperationDenied.NoStock, no stock",
            ),
            Line("dev-web-1", "(i-bp1example00000001, cn-hangzhou) changed"),
        ),
        more=0,
        advice="Send the event again: pending instances continue from there. For failed ones, see "
        "the reason.",
        footer="request 1-66aa, retry 2, account 123456789012",
        language="en",
    )


def test_a_run_in_chinese() -> None:
    text = text_of(run(FAILED), "zh")

    assert text.title == "Curfew stop：未完成"  # noqa: RUF001  # Chinese
    assert text.facts[0] == "失败 1，已变更 1"  # noqa: RUF001  # Chinese
    assert text.lines[1] == Line("dev-web-1", "（i-bp1example00000001，cn-hangzhou）已变更")  # noqa: RUF001  # Chinese
    assert text.footer == "请求 1-66aa，账号 123456789012"  # noqa: RUF001  # Chinese


def test_an_instance_without_a_name_is_called_by_its_id() -> None:
    text = text_of(run(report(row(1, name=""))), "en")

    assert text.lines == (Line("i-bp1example00000001", "(cn-hangzhou) changed"),)


def test_the_fifteen_worst_rows_are_shown_and_the_others_counted() -> None:
    rows = [row(number, Result.UNCHANGED) for number in range(40)]

    text = text_of(run(report(*rows, row(99, Result.FAILED)).cut_to(30)), "en")

    assert (len(text.lines), text.more) == (15, 26)
    assert text.lines[0].name == "dev-web-99"
    assert text.more_in_words() == "and 26 more, in the log"


@pytest.mark.parametrize(
    ("told", "outcome", "occasions"),
    [
        (run(report(row(1))), "complete", {"changed"}),
        (run(report(row(1, Result.UNCHANGED))), "complete", set()),
        (run(report(row(1, Result.WOULD_CHANGE), dry_run=True)), "planned", {"planned"}),
        (run(report()), "nothing_matched", {"nothing_matched"}),
        (run(RESTING), "complete", set()),
        (run(replace(RESTING, dry_run=True)), "planned", set()),
        (run(RESTING, report()), "nothing_matched", {"nothing_matched"}),
        (run(RESTING, report(row(1))), "complete", {"changed"}),
        (run(before()), "complete", set()),
        (run(FAILED), "Incomplete", {"failed", "changed"}),
        (run(Refused("no")), "Refused", {"failed"}),
        (run(Refused("no"), Refused("no")), "Refused", {"failed"}),
        (run(Refused("no"), Unavailable("no")), "Incomplete", {"failed"}),
        (run(Refused("no"), report(row(1))), "Incomplete", {"failed", "changed"}),
    ],
)
def test_what_a_run_is(told: Run, outcome: str, occasions: set[str]) -> None:
    assert told.outcome() == outcome
    assert set(told.occasions()) == occasions


@pytest.mark.parametrize(
    ("plan_id", "result", "can_be_done"),
    [
        ("p1-x", Result.WOULD_CHANGE, True),
        ("p1-x", Result.UNCHANGED, False),
        ("", Result.WOULD_CHANGE, False),  # of another time, or of not all regions
    ],
)
def test_a_plan_that_cannot_be_done_as_it_is_comes_with_no_advice_to(
    plan_id: str, result: Result, *, can_be_done: bool
) -> None:
    planned = replace(report(row(1, result), dry_run=True), plan_id=plan_id)

    advice = text_of(run(planned), "en").advice

    assert advice.startswith("Nothing was changed.")
    assert ("plan_id" in advice) is can_be_done


def test_a_list_is_told_as_one() -> None:
    text = text_of(run(report(row(1)), Refused("too old"), report(row(2), row(3))), "en")

    assert text.facts == ("3 messages, 1 with an error", "3 changed", "too old")
    assert len(text.lines) == 3


def test_both_languages_have_the_same_words() -> None:
    english, chinese = WORDS["en"], WORDS["zh"]
    for field in ("outcomes", "results", "advice"):
        assert getattr(english, field).keys() == getattr(chinese, field).keys()


def test_of_what_has_no_report_no_instances_are_counted() -> None:
    assert text_of(run(Refused("too old")), "en").facts == ("too old",)


def test_two_messages_are_counted_and_one_is_not() -> None:
    two = text_of(run(report(row(1)), Refused("too old")), "en")

    assert two.facts == ("2 messages, 1 with an error", "1 changed", "too old")
    assert text_of(run(report(row(1))), "en").facts == ("1 changed",)


def test_after_what_is_done_there_is_nothing_to_do() -> None:
    assert text_of(run(report(row(1))), "en").advice == ""


def test_what_is_too_long_is_cut_wherever_it_stands() -> None:
    failed = report(row(1, name="n" * 50), row(2, Result.FAILED, reason="r" * 50))

    cut = text_of(run(failed), "en").cut_to(1, 10)

    assert {len(one) for one in cut.facts[1:]} == {10}
    assert [(len(one.name), len(one.text)) for one in cut.lines] == [(9, 10)]
    assert cut.more == 1


@pytest.mark.parametrize(
    ("request_id", "retry_count", "account", "footer"),
    [
        ("1-66aa", "", "", "request 1-66aa"),
        ("1-66aa", "0", "123", "request 1-66aa, account 123"),
        ("1-66aa", "2", "", "request 1-66aa, retry 2"),
        ("", "", "123", "request ?, account 123"),
    ],
)
def test_the_footer_says_what_is_known(
    request_id: str, retry_count: str, account: str, footer: str
) -> None:
    told = Run(Origin("stop", request_id, retry_count), account, (report(row(1)),))

    assert text_of(told, "en").footer == footer


def test_rows_that_are_left_out_are_counted_and_none_are_not() -> None:
    text = text_of(run(report(row(1), row(2))), "en")

    assert text.more_in_words() == ""
    assert text.cut_to(1, 99).more_in_words() == "and 1 more, in the log"
