"""An error that nothing foresees ends typed, with what was done, and tells nobody's secret."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.ecs.account.model import Status
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import CurfewError, Incomplete, Unavailable
from shared.domain.plan import Row
from shared.report.report import worst_first
from tests.harness.actions import HARMFUL, function_of, stated
from tests.harness.invocation import REQUEST_ID
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, FEW, Stage
from tests.harness.transport import Direct

SECRET = "LTAIsecret"
NAMES = ("describe", *HARMFUL)
"""All that three running instances are enough for."""


class Riddle(Exception):  # noqa: N818  # nobody foresaw it
    """What no code expects; its text holds a secret."""

    def __init__(self) -> None:
        super().__init__(f"https://ecs.aliyuncs.com/?AccessKeyId={SECRET}&Signature={SECRET}")


@dataclass
class Riddling(Direct):
    """Raises what nobody expects at the call that is pointed out.

    Attributes:
        is_meant: The call of this operation, counted from 0 among its like.
        when: ``before`` ECS is asked, or ``after`` it has done it.
    """

    is_meant: Callable[[str, int], bool] = field(default=lambda _operation, _number: False)
    when: str = "before"
    seen: dict[str, int] = field(default_factory=dict)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        number = self.seen.get(operation, 0)
        self.seen[operation] = number + 1
        is_meant = self.is_meant(operation, number)
        if is_meant and self.when == "before":
            raise Riddle
        body = super().send(operation, parameters, timeout_s=timeout_s)
        if is_meant:
            raise Riddle
        return body


def is_write(operation: str) -> bool:
    return not operation.startswith(("Describe", "List"))


def ended(stage: Stage, name: str, *requests: Request) -> CurfewError:
    """The error that the function ends with; anything untyped fails the test."""
    request = {**stated(name)}
    for one in requests:
        request |= one
    with pytest.raises(CurfewError) as caught:
        stage.ask(function_of(name), request)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """The lines of the log, none of which tells the secret."""
    caplog.set_level(logging.DEBUG)

    def lines() -> list[dict[str, Any]]:
        assert SECRET not in caplog.text
        return [json.loads(one.getMessage()) for one in caplog.records if one.name == "curfew"]

    return lines


Lines = Callable[[], list[dict[str, Any]]]
PLACE = "unforeseen: Riddle at safety/test_unforeseen.py:"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_in_the_first_look_it_is_unavailable_and_nothing_was_changed(
    name: str, when: str, log: Lines
) -> None:
    stage = Stage(FEW)
    stage.transport = Riddling(stage.gateway, is_meant=lambda *_: True, when=when)

    error = ended(stage, name, {"tags": DEV})

    assert type(error) is Unavailable
    assert PLACE in str(error)
    assert stage.writes() == ()
    kinds = [one["log"] for one in log()]
    assert kinds == ["unforeseen", "error"]
    assert log()[1]["request_id"] == REQUEST_ID


@pytest.mark.promise("S38")
@pytest.mark.parametrize("name", HARMFUL)
@pytest.mark.parametrize(
    ("dry_run", "part"),
    [(True, "shared.run.dry_run_rows"), (False, "shared.converge.fleet.converge")],
    ids=["dry-run", "run"],
)
def test_between_plan_and_write_nothing_was_changed(
    name: str,
    dry_run: bool,  # noqa: FBT001  # a table's column
    part: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(FEW)
    monkeypatch.setattr(part, raising)

    error = ended(stage, name, {"tags": DEV}, {"dry_run": dry_run})

    assert type(error) is Unavailable
    assert str(error).endswith("; nothing was changed")
    assert stage.writes() == ()


def raising(*_: object, **__: object) -> Any:  # noqa: ANN401  # never returns
    raise Riddle


@pytest.mark.parametrize("name", HARMFUL)
def test_a_look_that_fails_before_any_write_leaves_nothing_changed(name: str) -> None:
    """The first look is too old to act on; it is the second that fails."""
    stage = Stage(FEW)
    seen = {"listings": 0}

    def is_meant(operation: str, _: int) -> bool:
        return operation == "DescribeInstances" and seen["listings"] > 0

    def grown_old(operation: str, _: object) -> None:
        if operation == "DescribeInstances":
            seen["listings"] += 1
            stage.clock.sleep(31)

    stage.transport = Riddling(stage.gateway, after=grown_old, is_meant=is_meant)

    error = ended(stage, name, {"tags": DEV})

    assert type(error) is Unavailable
    assert "nothing was changed" in str(error)
    assert stage.writes() == ()


@pytest.mark.parametrize("name", HARMFUL)
@pytest.mark.parametrize("when", ["before", "after"])
def test_in_the_answer_to_a_write_a_look_tells_what_became_of_it(name: str, when: str) -> None:
    stage = Stage(FEW)
    first = {"is_over": False}

    def is_meant(operation: str, _: int) -> bool:
        if not is_write(operation) or first["is_over"]:
            return False
        first["is_over"] = True
        return True

    stage.transport = Riddling(stage.gateway, is_meant=is_meant, when=when)

    report = stage.ask(function_of(name), {"tags": DEV, **stated(name)})

    assert report["counts"]["changed"] == 3
    assert SECRET not in json.dumps(report)


@pytest.mark.parametrize("name", HARMFUL)
def test_in_the_answers_to_all_writes_each_instance_has_its_row(name: str) -> None:
    stage = Stage(FEW)
    stage.transport = Riddling(stage.gateway, is_meant=lambda one, _: is_write(one))

    error = ended(stage, name, {"tags": DEV})

    report = report_of(error)
    assert type(error) is Incomplete
    assert report["counts"]["failed"] == 3
    assert all(PLACE in reason for _, reason in table(report).values())


@pytest.mark.promise("S38")
@pytest.mark.parametrize("name", HARMFUL)
def test_in_a_look_after_a_write_the_rows_are_told(name: str) -> None:
    stage = Stage(FEW)
    stage.transport = Riddling(
        stage.gateway, is_meant=lambda one, _: not is_write(one) and bool(stage.writes())
    )

    error = ended(stage, name, {"tags": DEV})

    report = report_of(error)
    assert type(error) is Incomplete
    assert set(table(report)) == {"dev-0", "dev-1", "dev-2"}
    assert report["counts"]["failed"] == 3
    assert all("; already done: " in reason for _, reason in table(report).values())


def test_in_one_region_it_keeps_no_other_from_being_done() -> None:
    stage = Stage([*FEW, InstanceSpec("dev-far", tags=DEV, region="cn-shanghai")])
    far = stage.id_of("dev-far")

    @dataclass
    class Far(Riddling):
        def send(
            self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
        ) -> Mapping[str, Any]:
            if parameters["RegionId"] == "cn-shanghai" and stage.writes():
                raise Riddle
            return super().send(operation, parameters, timeout_s=timeout_s)

    stage.transport = Far(stage.gateway)

    error = ended(stage, "stop", {"tags": DEV, "regions": ["cn-hangzhou", "cn-shanghai"]})

    assert type(error) is Incomplete
    results = {one: result for one, (result, _) in table(report_of(error)).items()}
    assert results == {**dict.fromkeys(("dev-0", "dev-1", "dev-2"), "changed"), "dev-far": "failed"}
    assert stage.gateway.log.touched(far) == ()


PARTS_OF_THE_END = [
    "shared.run.worst_first",
    "shared.run.log_report",
    "shared.report.response.with_reports",
]


@pytest.mark.promise("S38")
@pytest.mark.parametrize("part", PARTS_OF_THE_END)
@pytest.mark.parametrize("changes", [False, True], ids=["nothing-changed", "changed"])
def test_while_the_end_is_told_it_is_typed_by_whether_a_write_was_sent(
    part: str,
    changes: bool,  # noqa: FBT001  # a table's column
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(FEW)
    monkeypatch.setattr(part, raising)
    request: Request = {
        "instance_ids": [*(one.instance_id for one in stage.engine.instances()), "i-x"]
    }

    error = ended(stage, "stop" if changes else "describe", request)

    assert type(error) is (Incomplete if changes else Unavailable)
    assert ("nothing was changed" in str(error)) is not changes
    assert len(stage.writes()) == changes


def test_a_way_to_ecs_that_cannot_be_closed_changes_no_answer() -> None:
    stage = Stage(FEW)

    class Stuck(Direct):
        def close(self) -> None:
            raise Riddle

    stage.transport = Stuck(stage.gateway)

    assert stage.ask("stop", {"tags": DEV})["counts"]["changed"] == 3


def test_of_a_list_the_other_messages_are_done() -> None:
    stage = Stage(FEW)
    stage.transport = Riddling(stage.gateway, is_meant=lambda _, number: number == 0)
    now = stage.clock.now()
    events = [
        json.loads(ENVELOPES["eventbridge"]({"name": f"dev-{number}"}, now)) for number in range(3)
    ]

    with pytest.raises(Incomplete) as caught:
        stage.deliver("stop", json.dumps(events).encode())

    sentence = str(caught.value).partition(" {")[0]
    assert sentence.startswith(f"1 error in 3 messages: [0] Unavailable: cn-hangzhou: {PLACE}")
    assert [one["counts"]["changed"] for one in report_of(caught.value)["reports"]] == [1, 1]


def test_of_a_list_one_whose_end_cannot_be_told_keeps_no_other_from_being_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(FEW)
    left = [Riddle(), None, None]

    def once(rows: Sequence[Row]) -> tuple[Row, ...]:
        if (error := left.pop(0)) is not None:
            raise error
        return worst_first(rows)

    monkeypatch.setattr("shared.run.worst_first", once)
    now = stage.clock.now()
    events = [
        json.loads(ENVELOPES["eventbridge"]({"name": f"dev-{number}"}, now)) for number in range(3)
    ]

    with pytest.raises(Incomplete) as caught:
        stage.deliver("stop", json.dumps(events).encode())

    sentence = str(caught.value).partition(" {")[0]
    assert sentence.startswith(f"1 error in 3 messages: [0] Incomplete: {PLACE}")
    assert [one["counts"]["changed"] for one in report_of(caught.value)["reports"]] == [1, 1]
    assert {one.status for one in stage.engine.instances()} == {Status.STOPPED}


def test_by_http_an_end_that_cannot_be_told_is_an_answer_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(FEW)
    monkeypatch.setattr("shared.run.worst_first", raising)

    answer = stage.deliver("stop", ENVELOPES["http"]({"tags": DEV}, stage.clock.now()))

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["errorType"] == "Incomplete"


def test_an_http_trigger_is_answered_in_its_form() -> None:
    stage = Stage(FEW)
    stage.transport = Riddling(stage.gateway, is_meant=lambda *_: True)

    answer = stage.deliver("stop", ENVELOPES["http"]({"tags": DEV}, stage.clock.now()))

    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["errorType"]) == (503, "Unavailable")
    assert PLACE in body["errorMessage"]
    assert SECRET not in answer["body"]


END_OF_TIME = "9999-12-31T23:59Z"


@pytest.mark.parametrize("function", ["describe", "stop"])
@pytest.mark.parametrize("field_", ["AutoReleaseTime", "CreationTime", "StartTime", "ExpiredTime"])
def test_a_time_at_the_end_of_the_calendar_is_told_like_any_other(
    function: str, field_: str
) -> None:
    stage = Stage(FEW)

    class Late(Direct):
        def send(
            self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
        ) -> Mapping[str, Any]:
            body = super().send(operation, parameters, timeout_s=timeout_s)
            if operation != "DescribeInstances":
                return body
            rows = [{**one, field_: END_OF_TIME} for one in body["Instances"]["Instance"]]
            return {**body, "Instances": {"Instance": rows}}

    stage.transport = Late(stage.gateway)

    report = stage.ask(function, {"tags": DEV})

    assert len(report["instances"]) == 3
