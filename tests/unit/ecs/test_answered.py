"""Nobody of whom ECS says that it refused him is reported as accepted, whatever the call."""

from __future__ import annotations

import operator
from datetime import timedelta
from typing import get_args

import pytest

from local.ecs.account.model import Status
from local.ecs.fleet.fleet import InstanceSpec
from shared.base.clock import Deadline
from shared.domain.instance import Instance
from shared.domain.instance import Status as Seen
from shared.domain.outcome import Accepted
from shared.domain.steps import (
    Answered,
    Call,
    ClearAutoRelease,
    Delete,
    DiskSnapshot,
    SetAutoRelease,
    Snapshot,
    Start,
    Stop,
)
from shared.ecs.changes import perform
from shared.ecs.client import Client
from tests.harness.stage import REGION, Stage
from tests.unit.ecs.writes import AT, sent

CALLS: tuple[Call, ...] = (
    Stop(force=False),
    Start(),
    Snapshot((DiskSnapshot("d-1", "a token"),), 7),
    Delete(force=False),
    SetAutoRelease(AT),
    ClearAutoRelease(),
)
BATCH = [call for call in CALLS if call.batch > 1]
each_batch = pytest.mark.parametrize("call", BATCH, ids=operator.attrgetter("operation"))


def test_every_call_is_tried_here() -> None:
    assert {type(call) for call in CALLS} == set(get_args(Call)), "add one of the new to CALLS"


@each_batch
def test_who_is_accepted_is_who_changed(call: Call) -> None:
    """One of two is in a status of which the call makes nothing; ECS may refuse him or both."""
    stage = Stage((InstanceSpec("on"), InstanceSpec("off", status=Status.STOPPED)))
    deadline = Deadline.after(stage.clock.now(), timedelta(minutes=10))
    client = Client(REGION, stage.transport, stage.clock, deadline)
    before = {one.instance_id: one.status for one in stage.engine.instances()}
    members = [Instance(one, REGION, AT, Seen.RUNNING) for one in before]

    outcomes = perform(client, call, members, deadline.work_until)

    now = {one.instance_id: one.status for one in stage.engine.instances()}
    changed = {one for one, status in before.items() if now.get(one) is not status}
    assert {one for one, said in outcomes.items() if isinstance(said, Accepted)} == changed
    assert outcomes.keys() == before.keys() != changed


@each_batch
def test_who_asks_for_a_code_each_reads_one_each(call: Call) -> None:
    _, parameters = sent(call)

    assert ("BatchOptimization" in parameters) == (call.answered is Answered.EACH)
