"""What happens while a run is under way: protection, people, duplicates, crashes, both at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from local.ecs.account.model import LockReason, SnapshotStatus, Status
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import CurfewError
from tests.harness.actions import DESTRUCTIVE, HARMFUL_FUNCTIONS, stated
from tests.harness.reports import report_of, table
from tests.harness.stage import Stage
from tests.harness.transport import Direct, Hook
from tests.safety.race_cases import API, RELEASE, WEB

CALLS: Mapping[str, Request] = {
    function: {"name": "dev-*", **stated(function)} for function in HARMFUL_FUNCTIONS
}


class Killed(BaseException):
    """Function Compute ended the process."""


def at_call(number: int, write: Callable[[], object]) -> Hook:
    """A hook that does something once, at the call of this number, counted from 0.

    Whatever the instance that it is done to: one that is gone already is left alone.
    """
    seen = 0

    def hook(_operation: str, _parameters: Mapping[str, str]) -> None:
        nonlocal seen
        seen += 1
        if seen == number + 1:
            with suppress(KeyError):
                write()

    return hook


def before_first(operation: str, write: Callable[[], object]) -> Hook:
    """A hook that does something once, right before the first call of this operation."""
    done = False

    def hook(called: str, parameters: Mapping[str, str]) -> None:
        nonlocal done
        if called == operation and parameters.get("DryRun") != "true" and not done:
            done = True
            write()

    return hook


def calls_of(function: str, specs: tuple[InstanceSpec, ...] = (WEB, API)) -> int:
    """How many calls an undisturbed run takes."""
    stage = Stage(specs)
    stage.ask(function, CALLS[function])
    return len(stage.gateway.log)


def tried(stage: Stage, function: str, request: Request, transport: Direct | None = None) -> str:
    """Run a function; the class of its error, "" for none."""
    event = ENVELOPES["direct"](request, stage.clock.now())
    try:
        stage.deliver(function, event, transport)
    except CurfewError as error:
        return type(error).__name__
    return ""


PROTECTIONS: Mapping[str, tuple[Callable[[Stage, str], object], str]] = {
    "protect-tag": (
        lambda stage, one: stage.engine.tag(one, {"curfew:protect": "mine"}),
        "tag curfew:protect",
    ),
    "keep-until": (
        lambda stage, one: stage.engine.tag(one, {"curfew:keep-until": "2027-01-01"}),
        "tag curfew:keep-until 2027-01-01",
    ),
    "security-lock": (
        lambda stage, one: stage.engine.lock(one, LockReason.SECURITY),
        "security lock",
    ),
    "scaling-group": (
        lambda stage, one: stage.engine.tag(one, {"acs:autoscaling:scalingGroupId": "asg-1"}),
        "member of a group, tag acs:autoscaling:scalingGroupId",
    ),
    "deletion-protection": (lambda stage, one: stage.engine.protect(one), "deletion protection"),
}


@pytest.mark.promise("S5")
@pytest.mark.parametrize("protection", PROTECTIONS)
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_protection_that_appears_at_any_moment_keeps_the_instance(
    protection: str,
    stopped: bool,  # noqa: FBT001  # a table's column
) -> None:
    protect, _ = PROTECTIONS[protection]
    spec = replace(WEB, status=Status.STOPPED if stopped else Status.RUNNING)
    for number in range(calls_of("release", (spec,))):
        stage = Stage([spec])
        instance_id = stage.id_of("dev-web")
        stage.transport.before = at_call(number, lambda s=stage, i=instance_id: protect(s, i))  # type: ignore[misc]

        tried(stage, "release", RELEASE)

        assert writes_after_a_look_at(stage, instance_id, number) == [], f"call {number}"


def writes_after_a_look_at(stage: Stage, instance_id: str, number: int) -> list[str]:
    """What was asked to change the instance once it had been looked at from that call on."""
    calls = stage.gateway.log.entries()[number:]
    looks = (index for index, one in enumerate(calls) if one.action == "DescribeInstances")
    first_look = next(looks, len(calls))
    return [one.action for one in calls[first_look:] if one.is_mutating and one.names(instance_id)]


@pytest.mark.promise("S5")
@pytest.mark.parametrize(
    ("function", "protection"),
    [
        (function, protection)
        for function in CALLS
        for protection in PROTECTIONS
        if protection != "deletion-protection"
        or function in DESTRUCTIVE  # it guards against loss alone
    ],
)
def test_protection_between_plan_and_write_holds_and_is_named(
    function: str, protection: str
) -> None:
    protect, reason = PROTECTIONS[protection]
    stage = Stage([WEB, API])
    instance_id = stage.id_of("dev-web")

    def grown_old_and_protected() -> None:
        protect(stage, instance_id)
        stage.clock.advance(timedelta(seconds=31))

    # The answer to the first look is on its way for so long that it is too old to act on.
    stage.transport.after = at_call(0, grown_old_and_protected)
    report = stage.ask(function, CALLS[function])

    assert table(report)["dev-web"] == ("skipped", reason)
    assert table(report)["dev-api"][0] == "changed"
    assert stage.gateway.log.touched(instance_id) == ()


@pytest.mark.promise("S5")
@pytest.mark.parametrize("function", CALLS)
def test_no_write_follows_a_look_older_than_thirty_seconds(function: str) -> None:
    stage = Stage([WEB, API])
    last_look = {}

    def slow(operation: str, _parameters: Mapping[str, str]) -> None:
        if operation == "DescribeInstances":
            last_look["at"] = stage.clock.now()
            stage.clock.advance(timedelta(seconds=9))

    def check(operation: str, parameters: Mapping[str, str]) -> None:
        slow(operation, parameters)
        if not operation.startswith(("Describe", "List")):
            assert stage.clock.now() - last_look["at"] <= timedelta(seconds=30)

    stage.transport.before = check
    stage.ask(function, CALLS[function])

    assert len(stage.writes()) > 0


@pytest.mark.promise("S28")
@pytest.mark.parametrize("number", range(calls_of("release")))
def test_started_by_hand_at_any_moment_its_last_data_is_in_a_snapshot(number: int) -> None:
    stage = Stage([WEB])
    instance = stage.engine.instances()[0]
    begun = {"at": instance.started_at}

    def start() -> None:
        if stage.engine.instances() and stage.engine.instances()[0].status is Status.STOPPED:
            stage.engine.start(instance.instance_id)
            begun["at"] = stage.engine.instance(instance.instance_id).started_at

    stage.transport.before = at_call(number, start)
    tried(stage, "release", RELEASE)

    if not stage.engine.instances():
        kept = {
            one.disk_id
            for one in stage.engine.snapshots()
            if one.status is SnapshotStatus.ACCOMPLISHED and one.began_at >= begun["at"]
        }
        assert kept == set(instance.disk_ids)


@pytest.mark.promise("S42")
@pytest.mark.parametrize("snapshot", [True, False], ids=["snapshot", "no-snapshot"])
def test_an_instance_that_somebody_starts_at_the_last_moment_is_not_deleted_as_it_runs(
    snapshot: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = Stage([WEB])
    instance_id = stage.id_of("dev-web")
    stage.transport.before = before_first(
        "DeleteInstances", lambda: stage.engine.start(instance_id)
    )

    report = stage.ask("release", {**RELEASE, "snapshot": snapshot})

    first, *_, last = [one for one in stage.writes() if one.action == "DeleteInstances"]
    assert (first.code, last.code) == ("IncorrectInstanceStatus", "")
    assert {one.parameters["Force"] for one in (first, last)} == {"false"}
    assert stage.operations().count("StopInstances") == 2  # it was shut down properly again
    assert table(report)["dev-web"][0] == "changed"


@pytest.mark.promise("S34")
@pytest.mark.parametrize("function", CALLS)
def test_a_second_invocation_at_any_call_of_the_first_has_no_second_effect(function: str) -> None:
    alone = Stage([WEB, API])
    alone.ask(function, CALLS[function])
    for number in range(len(alone.gateway.log)):
        stage = Stage([WEB, API])
        duplicate = Direct(stage.gateway)
        errors: list[str] = []
        stage.transport.before = at_call(
            number,
            lambda s=stage, t=duplicate, e=errors: e.append(tried(s, function, CALLS[function], t)),  # type: ignore[misc]
        )

        errors.append(tried(stage, function, CALLS[function]))

        assert errors == ["", ""], f"call {number}"
        assert world(stage) == world(alone), f"call {number}"


@pytest.mark.promise("S36")
@pytest.mark.parametrize("function", CALLS)
def test_killed_at_any_call_the_next_run_goes_on_from_there(function: str) -> None:
    alone = Stage([WEB, API])
    alone.ask(function, CALLS[function])
    calls, expected = len(alone.gateway.log), settled(alone)
    for number in range(calls):
        for when in ("before", "after"):
            stage = Stage([WEB, API])
            setattr(stage.transport, when, at_call(number, killed))
            with pytest.raises(Killed):
                stage.ask(function, CALLS[function])

            stage.ask(function, CALLS[function])

            assert settled(stage) == expected, f"{when} call {number}"


def killed() -> None:
    raise Killed


def world(stage: Stage) -> object:
    """What is left: a second snapshot of a disk would show, one stop less or more would not."""
    return (
        [(one.name, one.status) for one in stage.engine.instances()],
        sorted((one.disk_id, one.status.value) for one in stage.engine.snapshots()),
    )


def settled(stage: Stage) -> object:
    """The world once what is on its way is there; who applies schedules does not wait for it."""
    stage.clock.advance(timedelta(minutes=5))
    return world(stage)


@pytest.mark.promise("S43")
def test_stopped_by_hand_during_a_stop_is_not_stopped_again() -> None:
    stage = Stage([WEB])
    instance_id = stage.id_of("dev-web")
    stage.transport.before = before_first("StopInstances", lambda: stage.engine.stop(instance_id))

    stage.ask("stop", {"name": "dev-*"})

    assert stage.engine.instance(instance_id).status is Status.STOPPED
    assert [one.code for one in stage.writes()] == [""]  # the refusal is in the batch's answer


@pytest.mark.promise("S43")
def test_released_by_hand_during_a_release_is_released() -> None:
    stage = Stage([API])
    instance_id = stage.id_of("dev-api")
    stage.transport.before = before_first(
        "DeleteInstances", lambda: stage.engine.release(instance_id)
    )

    report = stage.ask("release", RELEASE)

    assert [row["status"] for row in report["instances"]] == ["Gone"]


@pytest.mark.promise("S32")
def test_time_runs_out_between_stop_and_delete_and_the_rest_is_pending() -> None:
    stage = Stage([WEB, API])
    stage.transport.before = before_first(
        "CreateSnapshot", lambda: stage.clock.advance(timedelta(hours=1))
    )

    with pytest.raises(CurfewError) as failure:
        stage.ask("release", RELEASE)

    assert report_of(failure.value)["counts"]["pending"] == 2
    assert stage.gateway.log.count("DeleteInstances") == 0
    stage.transport.before = lambda _operation, _parameters: None
    stage.ask("release", RELEASE)
    assert stage.engine.instances() == ()
