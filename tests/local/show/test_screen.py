"""Tables and summaries: what they say, and that names are never taken for markup."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.show.read_report import Answer, Failure, Price, Report, Row
from local.show.screen import GONE, State, clock_text, fleet, screen, show_answer, summary

AT = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


def row(**changes: Any) -> Row:  # noqa: ANN401  # any field
    fields = {
        "id": "i-bp1",
        "name": "web",
        "region": "cn-hangzhou",
        "result": "changed",
        "reason": "",
        "code": "",
        "status": "Running",
        "auto_release_at": "",
    }
    return Row(**{**fields, **changes})


def report(*rows: Row, omitted: int = 0, **counts: int) -> Report:
    return Report("stop", False, "complete", counts, 1, 0.25, rows, omitted)  # noqa: FBT003  # no dry run


def shown_lines(answer: Answer) -> list[str]:
    console = Console(file=io.StringIO(), width=80, markup=False)
    show_answer(console, answer)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def shown(
    answer: Answer,
    before: dict[str, State] | None = None,
    after: dict[str, State] | None = None,
) -> str:
    console = Console(file=io.StringIO(), width=80, markup=False)
    show_answer(console, answer, before, after)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_a_price_is_told_as_a_rate() -> None:
    text = shown(Answer((report(row(list_price=Price(0.7256, 0.67, "CNY")), unchanged=1),)))

    assert "CNY 0.73 per hour at list price; not billed in economical mode: 0.67" in text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(State("Running"), State("Running"), "web Running changed", id="same"),
        pytest.param(
            State("Running"),
            State("Stopped", "KeepCharging"),
            "web Running → Stopped changed i-bp1 KeepCharging",
            id="stopped",
        ),
        pytest.param(State("Running", "", AT), GONE, "web Running → Gone changed i-bp1", id="gone"),
        pytest.param(
            State("Running"),
            State("Running", "", AT),
            "web Running changed i-bp1 auto-release never → 24 Nov 20:00 +08:00",
            id="release time set",
        ),
        pytest.param(
            State("Running", "", AT),
            State("Running"),
            "auto-release 24 Nov 20:00 +08:00 → never",
            id="release time cleared",
        ),
        pytest.param(
            State("Running", "", AT),
            State("Running", "", AT),
            "i-bp1 auto-release 24 Nov 20:00 +08:00",
            id="release time kept",
        ),
    ],
)
def test_a_state_is_shown_with_what_it_was_if_it_changed(
    before: State, after: State, said: str
) -> None:
    assert said in shown(Answer((report(row()),)), {"i-bp1": before}, {"i-bp1": after})


def test_without_a_look_of_ones_own_the_report_is_believed() -> None:
    answer = Answer((report(row(auto_release_at="2026-11-24T12:00:00Z")),))

    assert "web Running changed i-bp1 auto-release 24 Nov 20:00 +08:00" in shown(answer)


def test_an_instance_that_is_no_longer_there_is_gone() -> None:
    assert "i-bp1 Gone failed" in shown(Answer((report(row(name="", result="failed")),)), {}, {})


@pytest.mark.parametrize("result", ["failed", "unchanged"])
def test_of_an_id_that_the_function_never_saw_no_state_is_told(result: str) -> None:
    unseen = row(name="", status="Gone", result=result, reason="it is in cn-shanghai")
    elsewhere = {"i-bp1": State("Running", "", AT)}

    output = shown(Answer((report(unseen),)), elsewhere, elsewhere)

    assert f"─ i-bp1 unknown {result} it is in cn-shanghai stop: " in output


@pytest.mark.parametrize(
    "seen",
    [row(name="", status="Gone", result="changed"), row(status="Gone", result="unchanged")],
    ids=["released", "seen before"],
)
def test_what_is_gone_is_told_as_gone_without_a_look_of_ones_own(seen: Row) -> None:
    seen = replace(seen, instance_type="ecs.g7.large" if seen.result == "unchanged" else "")

    assert f"Gone {seen.result}" in shown(Answer((report(seen),)))


def test_a_name_is_never_taken_for_markup() -> None:
    assert "[red]web[/red]" in shown(Answer((report(row(name="[red]web[/red]")),)))


ODD = "a\x1b]0;owned\x07\x1b[31m\x9b2J\u202eb\u2028"
SAFE = r"a\u001b]0;owned\u0007\u001b[31m\u009b2J\u202eb\u2028"


def test_what_a_terminal_would_obey_is_shown_and_not_obeyed() -> None:
    odd = row(name=ODD, reason=ODD, code=ODD, status=ODD, result=ODD, region=ODD)
    other = row(id="i-bp2")
    reports = (replace(report(odd, other), action=ODD, warnings=(ODD,)),)
    console = Console(file=io.StringIO(), width=400, markup=False)
    show_answer(console, Answer(reports, Failure(ODD, ODD)), {"i-bp1": State(ODD)})
    assert isinstance(console.file, io.StringIO)
    output = console.file.getvalue()

    assert output.count(SAFE) == 10
    assert [one for one in output if not one.isprintable() and one != "\n"] == []


def test_what_a_terminal_would_obey_of_a_fleet_is_shown() -> None:
    spec = InstanceSpec(ODD, tags={f"curfew:{ODD}": ""})
    engine = Ecs(Fleet((spec,)), ManualClock(AT))
    console = Console(file=io.StringIO(), width=400, markup=False)
    console.print(fleet(engine.instances(), AT))

    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().count(SAFE) == 2


def test_the_screen_lets_through_nothing_but_its_own_controls() -> None:
    console = screen()
    with console.capture() as caught:
        console.print(Text(f"{ODD}\nnext", "bold"))

    # Rich takes the bell out by itself.
    assert caught.get() == f"{SAFE}\nnext\n".replace(r"\u0007", "")


def test_instances_of_several_regions_are_grouped() -> None:
    rows = [row(id=f"i-{n}", name=f"n{n}", region=f"cn-{'ab'[n % 2]}") for n in range(4)]

    output = shown(Answer((report(*rows),)))

    assert re.search("cn-a n0 .* n2 .* cn-b n1 .* n3 ", output)
    assert "cn-a" not in shown(Answer((report(rows[0]),)))


def test_warnings_follow_the_summary() -> None:
    told = replace(report(), warnings=("nothing matched", "the calendar ends"))

    assert shown(Answer((told,))).endswith(
        "0.2 s warning: nothing matched warning: the calendar ends"
    )


def test_a_plan_can_be_confirmed_by_an_id_in_one_piece() -> None:
    plan_id = f"p1-0123456789abcdef-{'x' * 200}"
    answer = Answer((replace(report(would_change=1), plan_id=plan_id),))

    assert shown(answer).endswith(
        f'to do exactly this, send it again with this instead of "dry_run": "plan_id": "{plan_id}"'
    )


def test_a_plan_that_changes_nothing_is_not_to_be_confirmed() -> None:
    assert "plan_id" not in shown(Answer((replace(report(unchanged=1), plan_id="p1-0"),)))


def test_a_fleet_shows_the_tags_that_people_select_by() -> None:
    tags = {"curfew:protect": "", "team": "dev", "acs:autoscaling:x": "1", "purpose": "ci-runner"}
    engine = Ecs(Fleet((InstanceSpec("web", tags=tags),)), ManualClock(AT))
    console = Console(file=io.StringIO(), width=80)
    console.print(fleet(engine.instances(), AT))

    assert isinstance(console.file, io.StringIO)
    output = console.file.getvalue()
    assert "team=dev" in output
    assert "purpose=ci-runner" in output
    assert "curfew:protect=" not in output
    assert "acs:autoscaling:x=" not in output


def test_a_long_name_leaves_the_other_columns_their_place() -> None:
    name = "a-name-of-an-instance-" * 5
    odd = row(name=name, result="failed", code="InvalidAutoReleaseTime.Malformed", reason="no")
    lines = shown_lines(Answer((report(odd),)))

    assert max(map(len, lines)) <= 80
    assert name in "".join(line[:30].strip() for line in lines)
    assert any("InvalidAutoReleaseTime.Malformed" in line for line in lines)


def test_a_long_word_of_a_reason_is_divided_after_its_punctuation() -> None:
    key = f"acs:autoscaling:scalingGroupIdOf{'Others' * 4}"
    odd = row(name="a-name-of-an-instance-", result="skipped", reason=f"tag {key}")
    lines = (line.strip() for line in shown_lines(Answer((report(odd),))))

    ends = [line.rpartition(" ")[2] for line in lines if "acs:" in line or "scaling" in line]
    assert ends == ["acs:autoscaling:", f"scalingGroupIdOf{'Others' * 4}"]


def test_code_and_reason_of_a_failure_are_shown() -> None:
    output = shown(Answer((report(row(result="failed", code="Throttling", reason="too many")),)))

    assert "failed Throttling" in output
    assert "too many" in output


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (report(), "stop: no instance matched · 1 call to ECS · 0.2 s"),
        (
            report(omitted=3, changed=2, would_change=1, failed=0),
            "stop: 2 changed, 1 would change (3 not listed) · 1 call to ECS · 0.2 s",
        ),
    ],
    ids=["empty", "omitted"],
)
def test_a_summary_tells_how_many_of_each(told: Report, said: str) -> None:
    assert summary(told).plain == said


def test_results_are_counted_in_one_order_however_they_come() -> None:
    sorted_ = report(changed=1, failed=2, pending=3, skipped=4, unchanged=5, would_change=6)
    as_reported = report(changed=1, unchanged=5, skipped=4, failed=2, pending=3, would_change=6)

    assert summary(sorted_).plain == summary(as_reported).plain
    assert (
        "1 changed, 5 unchanged, 4 skipped, 2 failed, 3 pending, 6 would" in summary(sorted_).plain
    )


def test_a_failure_comes_after_the_reports() -> None:
    output = shown(Answer((report(),), Failure("Incomplete", "not all"), 500))

    assert output.endswith("0.2 s Incomplete not all HTTP status returned to the caller: 500")


def test_the_screen_is_never_wider_than_people_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")

    assert screen().width == 100


def test_a_release_time_that_is_past_counts_down_no_further() -> None:
    engine = Ecs(Fleet((InstanceSpec("a", auto_release_at=AT),)), ManualClock(AT - timedelta(1)))
    console = Console(file=io.StringIO(), width=80)
    console.print(fleet(engine.instances(), AT + timedelta(hours=1)))

    assert isinstance(console.file, io.StringIO)
    assert "in 0 h 0 min" in console.file.getvalue()


def test_a_time_at_the_end_of_the_years_is_shown_in_utc() -> None:
    last = datetime(9999, 12, 31, 23, 59, tzinfo=timezone.utc)

    assert clock_text(last) == "31 Dec 23:59 +00:00"
