"""One instance that ECS refuses: alone or in a batch, with whom it is tried again, what is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from shared.converge.target import Target
from shared.domain.instance import Disk, Status, StoppedMode
from shared.domain.outcome import NotSent, Outcome
from shared.domain.plan import VANISHED, Result, Row
from shared.domain.retries import Kind
from shared.domain.steps import (
    MAX_BATCH,
    Call,
    Delete,
    DiskSnapshot,
    Done,
    SetAutoRelease,
    Snapshot,
    Wait,
)
from tests.unit.converge.targets import (
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

DELETE = Delete(force=False)
SNAPSHOT = Snapshot((DiskSnapshot("d-1", "t"),), retention_days=7)
IN_BATCH = rejected(Kind.FINAL, alone=False, in_doubt=True)
DISK = Disk("d-1", "cloud_essd", deleted_with_instance=False)


@pytest.mark.parametrize(
    ("kind", "batches", "groups"),
    [
        pytest.param(Kind.BUSY, (1, 1, 1, 1, 1, 1), (0, 0, 1, 0, 0, 1), id="each-third-try"),
        pytest.param(Kind.BUSY, (1, 100, 100, 1, 100), (0, 0, 1, 0, 0), id="in-batches-between"),
        pytest.param(Kind.PASSING, (1, 100, 100, 100, 1), (0, 0, 0, 1, 1), id="before-its-last"),
        pytest.param(Kind.NOT_FOUND, (1, 100, 100, 100), (0, 0, 0, 1), id="not-found"),
    ],
)
def test_who_was_refused_alone_is_tried_with_its_like_and_alone_now_and_then(
    kind: Kind, batches: Sequence[int], groups: Sequence[int]
) -> None:
    one = target()
    found = []
    for batch in batches:
        one.learn(STOP, rejected(kind, alone=batch == 1), batch, STOPS, START)
        found.append(one.group)

    assert found == [number or MAX_BATCH for number in groups]
    assert one.suspect


@pytest.mark.parametrize(
    ("kind", "in_batch", "is_last"),
    [(Kind.STATUS, 19, True), (Kind.STATUS, 18, False), (Kind.PASSING, 4, False)],
)
def test_a_batch_costs_a_try_only_where_its_status_may_be_at_fault(
    kind: Kind,
    in_batch: int,
    is_last: bool,  # noqa: FBT001  # a column of the table
) -> None:
    one = target()
    for _ in range(in_batch):
        one.learn(STOP, rejected(kind, alone=False), 2, STOPS, START)
    one.learn(STOP, rejected(kind), 1, STOPS, START)

    one.decide(judge(STOPS), START)

    assert (one.row is not None) is is_last


RELEASES = says(running=STOP, stopping=Wait("Stopping"), stopped=Done(), gone=Done("gone"))
REFUSED = "ECS had refused the batch that it was in, so perhaps not by this run"


@pytest.mark.parametrize(
    ("learned", "row"),
    [
        pytest.param(
            ((DELETE, LOST, 1), (STOP, LOST, 1)), (Result.CHANGED, "gone"), id="delete-then-stop"
        ),
        pytest.param(
            ((DELETE, IN_BATCH, 2), (STOP, LOST, 1)),
            (Result.CHANGED, f"gone; {REFUSED}"),
            id="refused-batch-then-stop",
        ),
        pytest.param(((STOP, IN_BATCH, 2),), (Result.UNCHANGED, VANISHED), id="stop-in-a-batch"),
        pytest.param(
            ((STOP, LOST, 1), (STOP, accepted(), 1)),
            (Result.CHANGED, f"stop; {VANISHED}"),
            id="lost-then-accepted",
        ),
        pytest.param(
            ((STOP, LOST, 1), (STOP, rejected(Kind.BUSY), 1)),
            (Result.UNCHANGED, VANISHED),
            id="lost-then-refused",
        ),
        pytest.param(
            ((STOP, LOST, 1), (SNAPSHOT, rejected(Kind.BUSY), 1)),
            (Result.UNCHANGED, f"{VANISHED}; possibly done: stop"),
            id="lost-then-another-refused",
        ),
    ],
)
def test_what_is_gone_is_told_by_all_that_was_answered_before(
    learned: Sequence[tuple[Call, Outcome, int]], row: tuple[Result, str]
) -> None:
    one = target()
    for call, outcome, batch in learned:
        one.learn(call, outcome, batch, RELEASES, START)
    one.instance = instance(Status.GONE)

    one.decide(judge(RELEASES), START)
    one.decide(judge(RELEASES), one.due)

    assert one.row is not None
    assert (one.row.result, one.row.reason) == row


@pytest.mark.parametrize(
    "outcome",
    [
        NotSent(before="snapshot of d-1"),
        msgspec.structs.replace(rejected(Kind.BUSY), before="snapshot of d-1"),
    ],
    ids=["not-sent", "refused"],
)
def test_a_part_that_was_done_before_the_rest_was_not_is_a_change(outcome: Outcome) -> None:
    one = target()
    one.learn(SNAPSHOT, outcome, 1, RELEASES, START)
    one.instance = instance(Status.STOPPED)

    one.decide(judge(RELEASES), START)

    assert one.row == Row(one.instance, Result.CHANGED, "snapshot of d-1")


def test_what_ecs_refused_and_what_it_throttles_are_both_told() -> None:
    one = target()
    one.learn(STOP, rejected(Kind.BUSY), 1, STOPS, START)
    one.put_off("StopInstances", START + timedelta(seconds=9))

    assert one.due == START + timedelta(seconds=9)
    assert one.pending(STOPS).reason == (
        "ran out of time; next: stop (why) (ECS throttles StopInstances)"
    )


def test_a_turn_that_comes_sooner_than_it_is_due_moves_nothing() -> None:
    one = target()
    one.due = START + timedelta(seconds=9)

    one.put_off("StopInstances", START)

    assert one.due == START + timedelta(seconds=9)


@pytest.mark.parametrize(
    ("looks", "disks"),
    [
        (((DISK,), None), (DISK,)),
        (((DISK,), None, None), (DISK,)),
        (((DISK,), ()), ()),
        ((None,), None),
    ],
    ids=["last-without", "two-without", "read-again", "never-read"],
)
def test_who_is_gone_keeps_the_disks_that_were_last_read(
    looks: Sequence[tuple[Disk, ...] | None], disks: tuple[Disk, ...] | None
) -> None:
    one = target()
    for read in looks:
        one.see(instance(disks=read))

    assert one.gone(START).disks == disks


def test_an_address_that_no_stop_of_this_run_took_is_not_told_as_lost() -> None:
    stopped = instance(Status.STOPPED, stopped_mode=StoppedMode.STOP_CHARGING)
    rows = []
    for outcome in (NotSent(), accepted()):
        one: Target = target()
        one.first = instance(public_ip="203.0.113.7")
        one.learn(STOP, outcome, 1, STOPS, START)
        one.instance = stopped
        rows.append(one.ended(Result.PENDING, "over").reason)

    assert rows == ["over", "over; already done: stop; gave up its public address 203.0.113.7"]


def test_a_release_time_after_another_call_is_no_repetition() -> None:
    step = SetAutoRelease(START + timedelta(hours=1))
    one = target()
    one.learn(STOP, accepted(Status.RUNNING), 1, STOPS, START)
    one.instance = instance()

    one.decide(judge(says(running=step)), START)
    first = one.step
    one.learn(step, accepted(Status.RUNNING), 1, says(running=step), START)
    one.decide(judge(STOPS), START)

    assert (first, one.step) == (step, STOP)
