"""What a function does is told as it goes: what is new, and after a while what is still so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from local.show.progress import Progress
from local.show.screen import State
from shared.base.clock import Clock
from shared.ecs.transport import Connection, ErrorResponse, NoResponse
from shared.run import World
from shared.settings.settings import Credentials, Settings

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=timezone.utc)
CHINA = timezone(timedelta(hours=8))
STOP = {"RegionId": "cn-hangzhou", "InstanceId.1": "i-1", "InstanceId.2": "i-2"}


class Hand:
    """The function's clock, and the machine's, moved together."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def monotonic(self) -> float:
        return self.passed


class Ecs:
    """Answers with what comes next."""

    def __init__(self) -> None:
        self.answers: list[Mapping[str, Any] | Exception] = []
        self.is_closed = False

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        assert (operation[0].isupper(), "RegionId" in parameters, timeout_s) == (True, True, 5)
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.is_closed = True


class Run:
    """A function's world, looked on at."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.ecs, self.hand = Ecs(), Hand()
        self.progress = Progress(self.lines.append, 600, CHINA, self.hand.monotonic)
        inner = World(clock=lambda: self.hand, connect=lambda *_: self.ecs, environ={"A": "b"})
        self.world = self.progress.around(inner)
        self.clock: Clock = self.world.clock()
        self.connection: Connection = self.world.connect(Settings(), Credentials("a", "b"))

    def send(self, operation: str, answer: Mapping[str, Any] | Exception, **more: str) -> object:
        self.ecs.answers.append(answer)
        parameters = {**STOP, **more} if operation == "StopInstances" else {**more}
        parameters.setdefault("RegionId", "cn-hangzhou")
        return self.connection.send(operation, parameters, timeout_s=5)


@pytest.fixture
def run() -> Run:
    return Run()


def instances(*statuses: str) -> Mapping[str, Any]:
    rows = [{"InstanceId": f"i-{n}", "Status": status} for n, status in enumerate(statuses)]
    return {"Instances": {"Instance": rows}}


def test_calls_and_waits_are_told_with_the_time_and_what_is_left(run: Run) -> None:
    run.send("DescribeInstances", instances("Running", "Running"))
    run.send("StopInstances", {})
    run.clock.sleep(2)
    run.send("DescribeInstances", instances("Stopping", "Stopped"))
    run.clock.sleep(3)

    assert run.lines == [
        "12:00:00  DescribeInstances in cn-hangzhou",
        "12:00:00  StopInstances in cn-hangzhou: 2 instances",
        "12:00:00  waiting for what StopInstances started; 9 min 55 s left",
        "12:00:02  waiting: 1 Stopped, 1 Stopping; 9 min 53 s left",
    ]


def test_what_instances_were_when_first_seen_is_kept(run: Run) -> None:
    leased = {"InstanceId": "i-9", "Status": "Running", "AutoReleaseTime": "2026-11-24T12:00Z"}
    run.send("DescribeInstances", instances("Running", "Stopped"))
    run.send("DescribeInstances", instances("Stopping", "Stopped"))
    run.send("DescribeInstances", {"Instances": {"Instance": [leased]}})

    assert {key: one.status for key, one in run.progress.before.items() if key != "i-9"} == {
        "i-0": "Running",
        "i-1": "Stopped",
    }
    assert run.progress.before["i-9"] == State(
        "Running", release_at=datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
    )


def test_what_is_still_so_is_told_again_after_a_while(run: Run) -> None:
    for _ in range(8):
        run.send("DescribeInstances", instances("Stopping"))
        run.clock.sleep(2)

    assert run.lines[1:] == [
        "12:00:00  waiting: 1 Stopping; 9 min 55 s left",
        "12:00:10  waiting: 1 Stopping; 9 min 45 s left",
    ]


def test_snapshots_are_told_with_how_far_they_are(run: Run) -> None:
    snapshots = [
        {"SnapshotId": "s-1", "Status": "progressing", "Progress": "40%"},
        {"SnapshotId": "s-2", "Status": "accomplished", "Progress": "100%"},
    ]
    run.send("DescribeInstances", instances("Stopped"))
    run.send("DescribeSnapshots", {"Snapshots": {"Snapshot": snapshots}})
    run.clock.sleep(600)

    assert run.lines[-1] == (
        "12:00:00  waiting: 1 Stopped, 1 at 40% of a snapshot; 9 min 55 s left"
    )


def test_a_disk_is_no_instance(run: Run) -> None:
    run.send("CreateSnapshot", {}, DiskId="d-1")

    assert run.lines == ["12:00:00  CreateSnapshot in cn-hangzhou: 1 disk"]


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (
            ErrorResponse(status=400, code="Throttling.User", message="x"),
            "ECS returns Throttling.User",
        ),
        (NoResponse("no response in time"), "no response in time"),
    ],
    ids=["refused", "no answer"],
)
def test_what_goes_wrong_is_told_and_goes_on(run: Run, problem: Exception, said: str) -> None:
    with pytest.raises(type(problem)):
        run.send("StopInstances", problem)
    run.clock.sleep(590)

    assert run.lines[1:] == [
        f"12:00:00  StopInstances: {said}",
        "12:00:00  waiting until StopInstances can be tried again; 9 min 55 s left",
    ]


def test_the_answer_to_a_dry_run_is_nothing_that_went_wrong(run: Run) -> None:
    with pytest.raises(ErrorResponse):
        run.send(
            "DescribeInstances", ErrorResponse(status=400, code="DryRunOperation", message="x")
        )

    assert run.lines == ["12:00:00  DescribeInstances in cn-hangzhou"]


def test_a_wait_for_nothing_that_was_seen_is_told_by_its_length(run: Run) -> None:
    run.clock.sleep(4)
    run.clock.sleep(0)

    assert run.lines == ["12:00:00  waiting 4 s; 9 min 55 s left"]


def test_the_last_minute_is_told_in_seconds(run: Run) -> None:
    run.clock.sleep(560)
    run.clock.sleep(30)
    run.clock.sleep(30)

    assert [line.partition("; ")[2] for line in run.lines[1:]] == ["35 s left", "5 s left"]


@pytest.mark.parametrize(
    "answer", [{"Instances": 5}, {"Instances": {"Instance": {}}}, {"Instances": {"Instance": [1]}}]
)
def test_what_is_no_list_of_instances_is_not_for_it_to_judge(run: Run, answer: Any) -> None:  # noqa: ANN401  # any JSON
    assert run.send("DescribeInstances", answer) == answer


def test_the_rest_of_the_world_is_as_it_was(run: Run) -> None:
    run.connection.close()

    assert run.ecs.is_closed
    assert msgspec.structs.asdict(run.world)["environ"] == {"A": "b"}
    assert run.clock.now() == NOON
