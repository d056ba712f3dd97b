"""One instance on its way: how often it is tried, when it is looked at, what its row says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.converge.target import PATIENCE, Target
from shared.domain.instance import Instance, Status
from shared.domain.outcome import NotSent, Outcome, Rejected
from shared.domain.plan import Result, Row
from shared.domain.retries import Kind
from shared.domain.steps import (
    Call,
    Delete,
    Done,
    Impossible,
    SetAutoRelease,
    Skip,
    Snapshot,
    Start,
    Step,
    Wait,
)
from tests.unit.converge.targets import (
    LOST,
    START,
    STOP,
    STOPS,
    TableRule,
    accepted,
    instance,
    judge,
    rejected,
    says,
    target,
)


def after(
    outcomes: Sequence[Outcome], *, call: Call = STOP, batch: int = 1, rule: TableRule = STOPS
) -> Target:
    """A target that was told these outcomes, a minute apart, and then shown as it was."""
    one = target()
    now = START
    for outcome in outcomes:
        one.learn(call, outcome, batch, rule, now)
        now += timedelta(minutes=1)
        one.instance = instance()
    if one.row is None:
        one.decide(judge(rule), now)
    return one


def test_what_is_settled_without_us_is_not_claimed() -> None:
    one = target(Status.STOPPED)

    one.decide(judge(STOPS), START)

    assert one.row == Row(instance(Status.STOPPED), Result.UNCHANGED)


class TellingRule(TableRule, frozen=True):
    """Tells how the statuses before and after a run differ."""

    def changed(self, before: Instance, after: Instance) -> str:
        return f"from {before.status.value} to {after.status.value}"


@pytest.mark.parametrize(
    ("reason", "told"),
    [("", "stop; from Running to Stopped"), ("off", "off; from Running to Stopped")],
)
def test_the_rule_adds_to_the_row_what_a_change_cost(reason: str, told: str) -> None:
    rule = TellingRule({Status.STOPPED: Done(reason), Status.STOPPING: Wait("Stopping")})
    one = target()
    one.learn(STOP, accepted(), 1, rule, START)
    one.instance = instance(Status.STOPPED)

    one.decide(judge(rule), START)

    assert one.row == Row(one.instance, Result.CHANGED, told)


def test_the_rule_adds_nothing_to_a_row_that_is_not_our_doing() -> None:
    rule = TellingRule({Status.STOPPED: Done("off")})
    one = target(Status.STOPPED)

    one.decide(judge(rule), START)

    assert one.row == Row(one.instance, Result.UNCHANGED, "off")


def test_a_guard_comes_before_the_rule() -> None:
    one = target()
    one.instance = instance(tags={"curfew:protect": ""})

    one.decide(judge(STOPS), START)

    assert one.row == Row(one.instance, Result.SKIPPED, "tag curfew:protect")


@pytest.mark.parametrize(
    ("step", "result", "reason", "code"),
    [
        (Done(), Result.CHANGED, "stop", ""),
        (Done("so it is"), Result.CHANGED, "so it is", ""),
        (Skip("no"), Result.SKIPPED, "no; already done: stop", ""),
        (Impossible("no", "X"), Result.FAILED, "no; already done: stop", "X"),
    ],
)
def test_a_row_says_what_was_done_before(
    step: Step, result: Result, reason: str, code: str
) -> None:
    one = target()
    one.learn(STOP, accepted(), 1, STOPS, START)
    one.instance = instance(Status.STOPPED)

    one.decide(judge(says(stopped=step)), START)

    assert one.row == Row(one.instance, result, reason, code)


def test_what_is_not_waited_for_is_settled_by_the_answer() -> None:
    rule = says(running=STOP, stopping=Done("accepted"))
    one = target()

    one.learn(STOP, accepted(), 1, rule, START)

    assert one.row == Row(instance(Status.STOPPING), Result.CHANGED, "accepted")


def test_an_answer_that_shows_the_goal_is_looked_at_again_all_the_same() -> None:
    one = target()

    one.learn(STOP, accepted(Status.STOPPED), 1, STOPS, START)

    assert (one.row, one.step) == (None, Wait("stop was accepted"))


@pytest.mark.parametrize(
    ("outcome", "result", "reason"),
    [
        (LOST, Result.CHANGED, ""),
        (rejected(Kind.PASSING, "InternalError", in_doubt=True), Result.CHANGED, ""),
        (rejected(Kind.FINAL, alone=False, in_doubt=True), Result.CHANGED, ""),
        (
            rejected(Kind.PASSING, "IncorrectInstanceStatus"),
            Result.UNCHANGED,
            "ECS had refused it with IncorrectInstanceStatus",
        ),
        (NotSent(), Result.UNCHANGED, ""),
    ],
    ids=["lost", "server-error", "refused-batch", "refused", "not-sent"],
)
def test_what_shows_after_a_doubtful_answer_counts_as_our_doing(
    outcome: Outcome, result: Result, reason: str
) -> None:
    one = target()
    one.learn(STOP, outcome, 2, STOPS, START)
    one.instance = instance(Status.STOPPED)

    one.decide(judge(STOPS), START)

    assert one.row == Row(one.instance, result, reason)


@pytest.mark.parametrize(
    ("kind", "tries"),
    [(Kind.FINAL, 1), (Kind.DENIED, 1), (Kind.PASSING, 5), (Kind.NOT_FOUND, 5)],
)
def test_a_refusal_is_tried_so_often_and_then_reported(kind: Kind, tries: int) -> None:
    before, at_last = after([rejected(kind)] * (tries - 1)), after([rejected(kind)] * tries)

    assert before.row is None
    assert at_last.row is not None
    assert (at_last.row.result, at_last.row.code) == (Result.FAILED, "X")


def test_a_refusal_says_what_was_refused_and_why() -> None:
    one = after([accepted(), rejected(Kind.FINAL)])

    assert one.row == Row(instance(), Result.FAILED, "stop: why; already done: stop", "X")


def test_a_refusal_without_a_text_is_told_all_the_same() -> None:
    one = after([Rejected(Kind.FINAL, "X", "", alone=True, in_doubt=False)])

    assert one.row == Row(instance(), Result.FAILED, "stop: refused", "X")


def test_a_call_that_was_not_sent_is_due_at_once() -> None:
    one = target()
    now = START + timedelta(minutes=1)

    one.learn(STOP, NotSent(), 1, STOPS, now)

    assert (one.due, one.blind, one.step) == (now, False, STOP)


def test_a_denied_call_says_what_its_refusal_says() -> None:
    one = after([accepted(), rejected(Kind.DENIED, "Forbidden.RAM")])

    assert one.row == Row(
        instance(Status.STOPPING) if one.row is None else one.row.instance,
        Result.FAILED,
        "why; already done: stop",
        "Forbidden.RAM",
    )


@pytest.mark.parametrize("outcome", [rejected(Kind.BUSY), NotSent()], ids=["busy", "not-sent"])
def test_what_has_no_limit_but_time_is_tried_on_and_on(outcome: Outcome) -> None:
    assert after([outcome] * 50).row is None


def test_what_does_not_last_is_done_three_times() -> None:
    assert after([accepted()] * 2).row is None
    assert after([accepted()] * 3).row == Row(
        instance(),
        Result.FAILED,
        "stop: accepted 3 times without lasting effect; already done: stop, stop, stop",
    )


def test_another_call_has_tries_of_its_own() -> None:
    one = after([rejected(Kind.FINAL)], call=Start())

    assert (one.row, one.step) == (None, STOP)


def test_a_refused_batch_is_halved_and_costs_nobody_a_try() -> None:
    one = target()
    groups = []
    for batch in (100, 50, 25, 12, 6, 3):
        one.learn(STOP, rejected(Kind.FINAL, alone=False, in_doubt=True), batch, STOPS, START)
        groups.append(one.group)
        one.decide(judge(STOPS), START)

    assert groups == [50, 25, 12, 6, 3, 1]
    assert one.row is None


@pytest.mark.parametrize("outcome", [LOST, rejected(Kind.FINAL, alone=False)], ids=["lost", "no"])
def test_after_a_refusal_the_old_look_does_not_count(outcome: Outcome) -> None:
    one = target()

    one.learn(STOP, outcome, 2, STOPS, START)

    assert one.blind


def test_an_accepted_call_is_not_repeated_while_its_effect_may_be_on_its_way() -> None:
    one = target()
    one.learn(STOP, accepted(), 1, STOPS, START)
    one.instance = instance()

    steps = []
    for waited in (PATIENCE - timedelta(seconds=1), PATIENCE):
        one.decide(judge(STOPS), START + waited)
        steps.append(one.step)

    assert steps == [Wait("stop was accepted, ECS does not show it yet"), STOP]


def intervals(call: Call) -> list[float]:
    """Seconds between the looks after a call was accepted, while nothing shows."""
    rule = says(running=call, stopping=Wait("Stopping"), stopped=Done())
    one = target()
    now = START
    one.learn(call, accepted(), 1, rule, now)
    found = []
    for _ in range(12):
        found.append(round((one.due - now).total_seconds(), 1))
        now = one.due
        one.instance = instance(Status.STOPPING)
        one.decide(judge(rule), now)
    return found


def test_looks_grow_rarer_up_to_what_is_awaited() -> None:
    to_ten = [1.0, 1.5, 2.2, 3.4, 5.1, 7.6, 10.0]

    assert intervals(STOP) == [*to_ten, *[10.0] * 5]
    assert intervals(Delete(force=True)) == [0.0, *to_ten[1:], *[10.0] * 5]
    assert intervals(SetAutoRelease(START)) == [0.0, *to_ten[1:], *[10.0] * 5]
    assert intervals(Snapshot((), 7)) == [*to_ten[:-1], 11.4, 17.1, 25.6, 30.0, 30.0, 30.0]


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        (Kind.BUSY, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]),
        (Kind.STATUS, [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]),
        (Kind.PASSING, [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0]),
    ],
)
def test_tries_grow_rarer_too(kind: Kind, seconds: list[float]) -> None:
    one = target()
    found = []
    for _ in range(8):
        one.learn(STOP, rejected(kind), 1, STOPS, START)
        found.append((one.due - START).total_seconds())

    assert found == seconds


@pytest.mark.parametrize(
    ("outcomes", "reason", "code"),
    [
        ([], "ran out of time; next: stop", ""),
        ([accepted()], "ran out of time; next: stop; already done: stop", ""),
        ([rejected(Kind.BUSY)], "ran out of time; next: stop (why)", "X"),
        ([rejected(Kind.BUSY), accepted()], "ran out of time; next: stop; already done: stop", ""),
    ],
    ids=["nothing", "accepted", "busy", "busy-then-accepted"],
)
def test_what_time_did_not_suffice_for_says_what_comes_next(
    outcomes: Sequence[Outcome], reason: str, code: str
) -> None:
    assert after(outcomes).pending(STOPS) == Row(instance(), Result.PENDING, reason, code)


def test_what_is_awaited_when_time_is_up_is_told() -> None:
    one = target(Status.STOPPING)
    one.decide(judge(STOPS), START)

    assert one.pending(STOPS) == Row(
        instance(Status.STOPPING),
        Result.PENDING,
        "ran out of time; Stopping",
    )


def test_what_was_so_already_at_the_first_look_is_told_as_that() -> None:
    one = target(Status.STOPPING)
    one.first = instance(Status.STOPPING)
    one.decide(judge(STOPS), START)

    reason = "ran out of time; Stopping already, not by this run"
    assert one.pending(STOPS) == Row(instance(Status.STOPPING), Result.PENDING, reason)
