"""One instance that ECS shows no more: looked for again, and what its row then says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import pytest

from shared.converge.target import Target
from shared.domain.instance import Status
from shared.domain.outcome import NotSent, Outcome
from shared.domain.plan import VANISHED, Result, Row
from shared.domain.retries import Kind
from shared.domain.selection import ByIds, Everything, Selection
from shared.domain.steps import (
    Call,
    Delete,
    DiskSnapshot,
    Done,
    Rule,
    Snapshot,
    Step,
    Wait,
)
from tests.unit.converge.targets import (
    EVERYTHING,
    LOST,
    START,
    STOP,
    STOPS,
    accepted,
    instance,
    judge,
    rejected,
    says,
    target,
)

SNAPSHOT = Snapshot((DiskSnapshot("d-1", "t"),), retention_days=7)
LATER = START + timedelta(seconds=5)
BY_ID = ByIds(("i-1",))


def vanished(
    one: Target, rule: Rule, selection: Selection = EVERYTHING
) -> tuple[Target, Step, datetime, bool]:
    """The target after two looks that did not show it, and what the first of them came to."""
    one.instance = instance(Status.GONE)
    one.decide(judge(rule, selection), START)
    first = (one.step, one.due, one.blind)
    one.decide(judge(rule, selection), LATER)
    return one, *first


def test_what_ecs_does_not_show_is_looked_for_again_before_that_is_believed() -> None:
    one, step, due, blind = vanished(target(), STOPS, BY_ID)

    assert (step, due, blind) == (Wait("ECS does not show it"), LATER, True)
    assert one.row == Row(instance(Status.GONE), Result.FAILED, VANISHED, "X")


@pytest.mark.parametrize(
    ("selection", "outcomes", "result", "reason", "code"),
    [
        (Everything(), [], Result.UNCHANGED, VANISHED, ""),
        (Everything(), ["accepted"], Result.CHANGED, f"stop; {VANISHED}", ""),
        (Everything(), ["lost"], Result.UNCHANGED, f"{VANISHED}; possibly done: stop", ""),
        (ByIds(("i-1",)), [], Result.FAILED, VANISHED, "X"),
        (ByIds(("i-1",)), ["accepted"], Result.FAILED, f"{VANISHED}; already done: stop", "X"),
        (ByIds(("i-1",)), ["lost"], Result.FAILED, f"{VANISHED}; possibly done: stop", "X"),
    ],
)
def test_what_vanishes_is_a_failure_only_to_whoever_named_it(
    selection: Selection, outcomes: list[str], result: Result, reason: str, code: str
) -> None:
    one = target()
    for outcome in outcomes:
        one.learn(STOP, accepted() if outcome == "accepted" else LOST, 1, STOPS, START)

    vanished(one, STOPS, selection)

    assert one.row == Row(instance(Status.GONE), result, reason, code)


def test_what_is_shown_again_goes_on_and_may_be_missed_again() -> None:
    one = target()
    seen = []
    for status in (Status.GONE, Status.RUNNING, Status.GONE):
        one.instance = instance(status)
        one.decide(judge(STOPS), START)
        seen.append((one.step, one.row))

    missed = Wait("ECS does not show it")
    assert seen == [(missed, None), (STOP, None), (missed, None)]


RELEASES = says(
    running=STOP,
    stopping=Wait("Stopping"),
    stopped=Delete(force=False),
    gone=Done("gone; left over: disk d-1"),
)
DELETE = Delete(force=False)


@pytest.mark.parametrize(
    ("learned", "row"),
    [
        pytest.param((), (Result.UNCHANGED, VANISHED), id="nothing"),
        pytest.param(
            ((STOP, accepted()),), (Result.CHANGED, f"stop; {VANISHED}"), id="only-stopped"
        ),
        pytest.param(
            ((STOP, LOST),),
            (Result.UNCHANGED, f"{VANISHED}; possibly done: stop"),
            id="perhaps-stopped",
        ),
        pytest.param(
            ((SNAPSHOT, msgspec.structs.replace(LOST, before="snapshot of d-1")),),
            (Result.CHANGED, f"snapshot of d-1; {VANISHED}; possibly done: snapshot 1 disk"),
            id="one-of-two-disks-snapshotted",
        ),
        pytest.param(
            ((STOP, accepted()), (DELETE, rejected(Kind.STATUS))),
            (Result.CHANGED, f"stop; {VANISHED}"),
            id="refused-to-delete",
        ),
        pytest.param(
            ((STOP, accepted()), (DELETE, NotSent())),
            (Result.CHANGED, f"stop; {VANISHED}"),
            id="did-not-come-to-delete",
        ),
    ],
)
def test_what_vanished_by_itself_is_not_called_released(
    learned: Sequence[tuple[Call, Outcome]], row: tuple[Result, str]
) -> None:
    one = target()
    for call, outcome in learned:
        one.learn(call, outcome, 1, RELEASES, START)

    vanished(one, RELEASES)

    assert one.row is not None
    assert (one.row.result, one.row.reason) == row


def test_what_is_gone_after_an_accepted_delete_is_released_at_once() -> None:
    one = target()
    one.learn(DELETE, accepted(Status.STOPPED), 2, RELEASES, START)
    one.instance = instance(Status.GONE)

    one.decide(judge(RELEASES), START)

    assert one.row == Row(one.instance, Result.CHANGED, "gone; left over: disk d-1")


def test_what_is_gone_after_a_delete_in_doubt_is_looked_for_again_and_then_released() -> None:
    one = target()
    one.learn(DELETE, LOST, 1, RELEASES, START)
    one.instance = instance(Status.GONE)

    one.decide(judge(RELEASES), START)
    first = one.row
    one.decide(judge(RELEASES), one.due)

    assert first is None
    assert one.due - START >= timedelta(seconds=5)
    assert one.row == Row(one.instance, Result.CHANGED, "gone; left over: disk d-1")


def test_what_is_gone_after_a_refused_batch_is_looked_for_again_and_told_with_the_doubt() -> None:
    one = target()
    one.learn(DELETE, rejected(Kind.FINAL, alone=False, in_doubt=True), 2, RELEASES, START)
    one.instance = instance(Status.GONE)

    one.decide(judge(RELEASES), START)
    first = one.row
    one.decide(judge(RELEASES), one.due)

    doubt = "ECS had refused the batch that it was in, so perhaps not by this run"
    assert first is None
    assert one.due - START >= timedelta(seconds=5)
    assert one.row == Row(one.instance, Result.CHANGED, f"gone; left over: disk d-1; {doubt}")
