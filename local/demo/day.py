"""One business day of a team, step by step: what happens, and what must be true afterwards.

Each step that calls a function sends it a sample event from ``events/``: the file itself, except
for the time at which it is sent and the instance ids. Each step checks in the emulator itself, not
in reports, that what it says really happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from io import StringIO

from local.channels.channels import Channels, environment
from local.ecs.account.model import Instance, SnapshotStatus, Status
from local.ecs.fleet.fleet import DEFAULT_IMAGE, HANGZHOU, Fleet, default_fleet
from local.ecs.gateway.request_log import Entry
from local.fc.deployment import EVENTS, LOCAL_CREDENTIALS, Stage
from local.show.read_report import Answer, read_answer
from shared.base.times import CHINA, parse_instant
from shared.ecs.sdk import SdkTransport
from shared.request.triggers import Message, Trigger, parse
from shared.settings.settings import read_settings

TITLE = "ECS Curfew: a business day, Friday 20 November 2026, and the Monday after"
FRIDAY, MONDAY = 20, 23
"""Days of November 2026."""

DEV = {"team": "dev", "env": "dev"}
KEPT = frozenset({"dev-license-server", "dev-wang-debugging", "ess-member-1"})
"""Development machines that something guards: a tag, a tag with a date, a scaling group."""

_LONGEST_START_S = 60

_SENDERS = {
    Trigger.TIMER: "a timer",
    Trigger.MNS_TOPIC: "a message to an MNS topic",
    Trigger.EVENTBRIDGE: "a message by EventBridge",
    Trigger.HTTP: "an HTTP request",
    Trigger.DIRECT: "a person at the console",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A step's claim, and whether it is true."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that was sent to a function, and its response.

    Attributes:
        sample: The file in ``events/``.
        request: The request, without its envelope.
    """

    trigger: str
    function: str
    sample: str
    request: Mapping[str, object]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Told:
    """What a step has to say.

    Attributes:
        delivery: None: none of our functions was involved.
        trigger: What started the step, if not a delivery.
        notice: What a chat channel received, as people see it; "": nothing worth showing.
    """

    claims: tuple[Claim, ...]
    delivery: Delivery | None = None
    trigger: str = ""
    notice: str = ""


@dataclass(slots=True)
class Day:
    """What the steps share: the stage, CI's runners, the state before a step.

    Attributes:
        channels: The chat channels, of which the functions tell one.
        at: When the step happens. Its event is sent then, however long displaying took.
    """

    stage: Stage
    channels: Channels = field(default_factory=Channels)
    at: datetime = field(init=False)
    runners: tuple[str, ...] = ()
    before: Mapping[str, Instance] = field(default_factory=dict)
    _calls_before: int = 0

    def begin_step(self, at: datetime) -> None:
        """Remember the state, then advance to the time of the step."""
        self.at = at
        self.before = self.instances()
        self._calls_before = len(self.stage.log)
        waits = at - self.stage.clock.now()
        self.stage.clock.advance(max(waits, timedelta(0)))

    def instances(self) -> dict[str, Instance]:
        """All instances by id, in their current state."""
        return {one.instance_id: one for one in self.stage.engine.instances()}

    def calls(self) -> Sequence[Entry]:
        """The calls to ECS in this step."""
        return self.stage.log.entries()[self._calls_before :]

    def development(self) -> tuple[Instance, ...]:
        """The development machines in Hangzhou."""
        here = self.stage.engine.instances(HANGZHOU)
        return tuple(one for one in here if DEV.items() <= one.tags.items())

    def others_are_as_before(self, but: Iterable[str]) -> bool:
        """Is everything but these instances, by id, exactly as before the step?"""
        left_out = set(but)
        now = self.instances()
        return all(now.get(key) == was for key, was in self.before.items() if key not in left_out)

    def tell_a_channel(self) -> None:
        """From now on the functions notify one channel, Slack, of what they change."""
        environ = environment(self.stage.server.url)
        (slack,) = (one for one in environ["CURFEW_NOTIFY"].split() if "/services/" in one)
        deployment = self.stage.deployment
        told = {**deployment.environ, "CURFEW_NOTIFY": slack}
        self.stage = replace(self.stage, deployment=replace(deployment, environ=told))

    def send(self, sample: str, ids: Sequence[str] = ()) -> Delivery:
        """Send a sample to its function at the step's time, for the instances with these ids."""
        event = _sent_at(sample, self.at, ids)
        message = _message(event)
        function = sample.partition(".")[0]
        outcome = self.stage.deployment.invoke(function, event, StringIO())
        sender = _SENDERS[message.trigger]
        return Delivery(sender, function, sample, message.request, read_answer(outcome))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the day."""

    at: datetime
    title: str
    act: Callable[[Day], Told]


def fleet_of_the_day(morning: datetime) -> Fleet:
    """The default fleet, before CI creates its runners; a scaling group is used in development."""
    specs = (
        replace(spec, tags={**spec.tags, **DEV}) if spec.name == "ess-member-1" else spec
        for spec in default_fleet(morning).instances
        if not spec.name.startswith("ci-runner")
    )
    return Fleet(tuple(specs))


def create_runners(day: Day) -> Told:
    """CI calls ECS itself, through the SDK."""
    transport = SdkTransport(
        read_settings(day.stage.deployment.environ), LOCAL_CREDENTIALS, connections=1
    )
    asked = {
        "RegionId": HANGZHOU,
        "ImageId": DEFAULT_IMAGE,
        "InstanceType": "ecs.c7.xlarge",
        "InstanceName": "ci-runner-",
        "UniqueSuffix": "true",
        "Amount": "3",
        "Tag.1.Key": "purpose",
        "Tag.1.Value": "ci-runner",
        "Tag.2.Key": "env",
        "Tag.2.Value": "ci",
    }
    answer = transport.send("RunInstances", asked, timeout_s=10)
    day.runners = tuple(answer["InstanceIdSets"]["InstanceIdSet"])
    started = _wait_until_running(day)
    return Told(
        (
            Claim("three runners are running", started),
            Claim(
                "nothing would ever release them",
                all(day.stage.engine.instance(one).auto_release_at is None for one in day.runners),
            ),
        ),
        trigger="the CI server calls RunInstances; Curfew is not involved",
    )


def lease_runners(day: Day) -> Told:
    """A dead man's switch for each runner."""
    delivery = day.send("set_auto_release.mns.json", day.runners)
    release_at = {day.stage.engine.instance(one).auto_release_at for one in day.runners}
    expected = _at(FRIDAY, 21, 5)
    return Told(
        (
            Claim("ECS itself will release all three at 21:05", release_at == {expected}),
            Claim("no other instance was touched", day.others_are_as_before(day.runners)),
        ),
        delivery,
    )


def extend_lease(day: Day) -> Told:
    """The first runner is needed for longer."""
    delivery = day.send("set_auto_release.eventbridge.json", day.runners[:1])
    extended = day.stage.engine.instance(day.runners[0])
    return Told(
        (
            Claim(
                "the first runner stays until Monday 16:30",
                extended.auto_release_at == _at(MONDAY, 16, 30),
            ),
            Claim("the other two are unchanged", day.others_are_as_before(day.runners[:1])),
        ),
        delivery,
    )


def release_runner(day: Day) -> Told:
    """The second runner is done; its disk is kept as a snapshot."""
    runner = day.runners[1]
    disk = day.before[runner].disk_ids[0]
    delivery = day.send("release.mns.json", (runner,))
    snapshots = day.stage.engine.snapshots(disk)
    deleted_at = [each.at for each in day.calls() if each.action == "DeleteInstances"]
    kept_in_time = bool(deleted_at) and any(
        each.status is SnapshotStatus.ACCOMPLISHED and each.changed_at <= deleted_at[0]
        for each in snapshots
    )
    return Told(
        (
            Claim("the second runner is gone", runner not in day.instances()),
            Claim("a snapshot of its disk was complete before it was deleted", kept_in_time),
            Claim("no other instance was touched", day.others_are_as_before((runner,))),
        ),
        delivery,
    )


def close_the_day(day: Day) -> Told:
    """The timer stops development, and the team is notified."""
    day.tell_a_channel()
    delivery = day.send("stop.timer.json")
    machines = day.development()
    told = [one.text for one in day.channels.received() if one.is_taken]
    return Told(
        (
            Claim(
                "development is off here, except what is guarded or has a schedule",
                all((one.status is Status.STOPPED) != _is_left_on(one) for one in machines),
            ),
            Claim(
                "production, CI and Shanghai were not touched",
                day.others_are_as_before(one.instance_id for one in machines),
            ),
            Claim("the team's channel has heard of it", len(told) == 1),
        ),
        delivery,
        notice=told[0] if told else "",
    )


def _is_left_on(instance: Instance) -> bool:
    """Is it out of the evening timer's scope?"""
    return instance.name in KEPT or "curfew:schedule" in instance.tags


def lease_comes_due(day: Day) -> Told:
    """Nobody released the third runner."""
    forgotten, extended = day.runners[2], day.runners[0]
    there = day.instances()
    return Told(
        (
            Claim("the forgotten runner is gone", forgotten not in there),
            Claim("ECS did it: nothing called it", not day.calls()),
            Claim("the runner with the longer lease is still there", extended in there),
        ),
        trigger="none: its release time has come",
    )


def open_the_day(day: Day) -> Told:
    """The timer starts development."""
    delivery = day.send("start.timer.json")
    machines = day.development()
    return Told(
        (
            Claim(
                "every development machine here is running",
                all(one.status is Status.RUNNING for one in machines),
            ),
            Claim(
                "nothing else was touched",
                day.others_are_as_before(one.instance_id for one in machines),
            ),
        ),
        delivery,
    )


def keep_runner(day: Day) -> Told:
    """A person wants to keep the first runner."""
    delivery = day.send("clear_auto_release.direct.json", day.runners[:1])
    kept = day.stage.engine.instance(day.runners[0])
    return Told(
        (
            Claim("nothing will release the first runner now", kept.auto_release_at is None),
            Claim("it keeps running", kept.status is Status.RUNNING),
        ),
        delivery,
    )


def look_around(day: Day) -> Told:
    """A read-only look at development and CI."""
    delivery = day.send("describe.eventbridge.json")
    told = {
        row.id: (row.status, parse_instant(row.auto_release_at) if row.auto_release_at else None)
        for report in delivery.answer.reports
        for row in report.instances
    }
    there = {
        one.instance_id: (one.status.value, one.auto_release_at)
        for one in day.stage.engine.instances(HANGZHOU)
        if one.tags.get("env") in {"dev", "ci"}
    }
    return Told(
        (
            Claim("the report matches what ECS has", told == there),
            Claim("nothing was changed", not any(each.is_mutating for each in day.calls())),
        ),
        delivery,
    )


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA).astimezone(timezone.utc)


STEPS = (
    Step(_at(FRIDAY, 9, 0), "CI creates three runners", create_runners),
    Step(_at(FRIDAY, 9, 5), "Each gets a lease: released in 12 hours at the latest", lease_runners),
    Step(_at(FRIDAY, 16, 30), "One job needs three more days", extend_lease),
    Step(_at(FRIDAY, 17, 0), "One is done: keep its disk, release it", release_runner),
    Step(_at(FRIDAY, 20, 0), "Curfew: the developers' machines go off", close_the_day),
    Step(_at(FRIDAY, 21, 6), "The lease of a forgotten runner runs out", lease_comes_due),
    Step(_at(MONDAY, 8, 30), "The week begins: development comes back", open_the_day),
    Step(_at(MONDAY, 8, 40), "Somebody wants to keep a runner", keep_runner),
    Step(_at(MONDAY, 8, 45), "A last look at what there is", look_around),
)
"""The day, in order."""


def _wait_until_running(day: Day) -> bool:
    for _ in range(_LONGEST_START_S):
        states = {day.stage.engine.instance(one).status for one in day.runners}
        if states == {Status.RUNNING}:
            return True
        day.stage.clock.sleep(1)
    return False


def _sent_at(sample: str, at: datetime, ids: Sequence[str]) -> bytes:
    """The sample's bytes, with its time and instance ids, if any, replaced."""
    text = EVENTS.joinpath(sample).read_text(encoding="utf-8")
    message = _message(text.encode())
    named = message.request.get("instance_ids", ())
    changes = dict(zip(named, ids, strict=True)) if ids and isinstance(named, list) else {}
    if message.sent_at:
        changes |= dict(zip(_spellings(message.sent_at), _spellings(at), strict=True))
    for old, new in changes.items():
        text = text.replace(old, new)
    return text.encode()


def _spellings(moment: datetime) -> tuple[str, str]:
    """A time as envelopes write it: in seconds with Z, and in milliseconds since 1970."""
    second = moment.replace(microsecond=0)
    return f"{second:%Y-%m-%dT%H:%M:%SZ}", str(int(second.timestamp()) * 1000)


def _message(event: bytes) -> Message:
    (message,) = parse(event).messages
    if not isinstance(message, Message):
        raise message
    return message
