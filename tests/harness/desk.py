"""A small emulated account on a desk: what the engine's tests have in common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from local.ecs.account.durations import DEFAULT_DURATIONS, Durations
from local.ecs.account.model import Instance, Status, StoppedMode
from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.clock import ManualClock, RealClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Caller, Ecs, JsonObject
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec

REGION = "cn-hangzhou"
ROOT = Caller()
RUNNING = InstanceSpec("running")
STOPPED = InstanceSpec("stopped", status=Status.STOPPED)
KEPT = DiskSpec(size_gib=200, delete_with_instance=False, name="data", tags={"keep": "yes"})
DB = InstanceSpec("db", data_disks=(KEPT,))


def emulated(*specs: InstanceSpec) -> Emulator:
    """An emulator of these instances, on a clock that runs."""
    clock = RealClock()
    return Emulator(Options(build=lambda: Ecs(Fleet(specs), clock)))


class Desk:
    """An engine on a clock moved by hand, with short ways to ask it."""

    def __init__(
        self,
        *specs: InstanceSpec,
        durations: Durations = DEFAULT_DURATIONS,
        quirks: Quirks = DEFAULT_QUIRKS,
        default_stopped_mode: StoppedMode = StoppedMode.KEEP_CHARGING,
    ) -> None:
        self.clock = ManualClock()
        fleet = Fleet(specs, default_stopped_mode)
        self.ecs = Ecs(fleet, self.clock, durations=durations, quirks=quirks)

    def ask(
        self, action: str, caller: Caller = ROOT, /, **parameters: str | tuple[str, ...]
    ) -> JsonObject:
        """The answer; a tuple is a RepeatList, and ``__`` in a name stands for a dot."""
        return self.ecs.call(action, wire(parameters), caller)

    def refusal(
        self, action: str, caller: Caller = ROOT, /, **parameters: str | tuple[str, ...]
    ) -> tuple[int, str]:
        """Status and code of the refusal that is the answer."""
        try:
            answer = self.ecs.call(action, wire(parameters), caller)
        except EcsError as error:
            return error.status, error.code
        raise AssertionError(f"{action} was answered: {answer}")

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @property
    def instance(self) -> Instance:
        """The first instance there is."""
        return self.ecs.instances()[0]

    @property
    def instance_id(self) -> str:
        return self.instance.instance_id

    def ids(self) -> tuple[str, ...]:
        return tuple(each.instance_id for each in self.ecs.instances())


class Deny:
    """RAM that allows nothing, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:  # noqa: ARG002  # the protocol's
        self.asked.append((action, resource))
        return False


def wire(parameters: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    """Parameters in the wire's spelling, with a region unless one is named."""
    flat = {"RegionId": REGION}
    for name, value in parameters.items():
        if isinstance(value, str):
            flat[name.replace("__", ".")] = value
        else:
            flat.update({f"{name}.{number}": each for number, each in enumerate(value, 1)})
    return flat


def iso(desk: Desk, **ahead: float) -> str:
    """A time ahead of the desk's clock, as requests have it."""
    return (desk.clock.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def names(desk: Desk, **parameters: str) -> list[str]:
    """The names of the instances that a list shows."""
    answer = desk.ask("DescribeInstances", MaxResults="100", **parameters)
    return [each["InstanceName"] for each in answer["Instances"]["Instance"]]


def disk_names(desk: Desk, **parameters: str) -> list[str]:
    """The names of the disks that a list shows; a disk without one goes by its kind."""
    answer = desk.ask("DescribeDisks", **parameters)
    return [each["DiskName"] or each["Type"] for each in answer["Disks"]["Disk"]]


def snapshots(desk: Desk, **parameters: str) -> list[tuple[str, str]]:
    """Status and progress of the snapshots that a list shows."""
    answer = desk.ask("DescribeSnapshots", **parameters)
    return [(each["Status"], each["Progress"]) for each in answer["Snapshots"]["Snapshot"]]
