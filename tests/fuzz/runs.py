"""Runs of the functions against answers that are odd, and what must hold for each of them.

However odd an answer is, a run ends in a report or in one of the five errors; each instance that it
wrote to is told in it; and nothing is written to that is guarded or was not meant.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.ecs.clock import ManualClock
from local.ecs.faults import AnyFault, Refuse
from local.ecs.fleet import DiskSpec, InstanceSpec
from local.ecs.model import ChargeType, LockReason, Status
from shared.errors import CurfewError
from tests.fuzz.answers import GONE, ODD, Damage, Damaging, Path, nodes
from tests.safety.stage import NOW, ROOT, Stage

LONGEST = 32_000
"""Bytes of an error's message."""

_DEV = {"team": "dev"}
_FLEET = (
    InstanceSpec("dev-1", tags=_DEV, data_disks=(DiskSpec(),), instance_id="i-running"),
    InstanceSpec("dev-2", tags=_DEV, status=Status.STOPPED, instance_id="i-stopped"),
    InstanceSpec(
        "dev-3",
        tags=_DEV,
        auto_release_at=NOW + timedelta(hours=9),
        data_disks=(DiskSpec(delete_with_instance=False),),
        instance_id="i-leased",
    ),
    InstanceSpec("dev-4", tags={**_DEV, "curfew:protect": ""}, instance_id="i-protected"),
    InstanceSpec("dev-5", tags={**_DEV, "curfew:keep-until": "2026-12-24"}, instance_id="i-kept"),
    InstanceSpec("dev-6", tags=_DEV, deletion_protection=True, instance_id="i-undeletable"),
    InstanceSpec("dev-7", tags=_DEV, locks=(LockReason.SECURITY,), instance_id="i-locked"),
    InstanceSpec("dev-8", tags=_DEV, charge_type=ChargeType.PRE_PAID, instance_id="i-paid"),
    InstanceSpec("dev-9", instance_id="i-bare"),
    InstanceSpec("prod-1", tags={"team": "prod"}, instance_id="i-other"),
)
_NAMED_DEV = {one.instance_id for one in _FLEET if one.name.startswith("dev-")}
_ALWAYS = {"i-protected", "i-kept", "i-locked"}
_FROM_LOSS = {*_ALWAYS, "i-undeletable", "i-paid"}


@dataclass(frozen=True)
class Scenario:
    """A request, and who is guarded from it.

    Attributes:
        guarded: Those that it must not write to, whatever ECS answers.
        fault: What else goes wrong, so that answers that are errors are made odd too.
    """

    function: str
    request: Mapping[str, object]
    guarded: frozenset[str] = frozenset()
    fault: AnyFault | None = None


def _scenarios() -> Iterator[tuple[str, Scenario]]:
    by_tags = {"tags": _DEV}
    by_name = {"name": "dev-*"}
    by_ids = {"instance_ids": sorted(_NAMED_DEV)}
    losing, stopping = frozenset(_FROM_LOSS), frozenset(_ALWAYS)
    yield "describe", Scenario("describe", {"all": True})
    yield "start", Scenario("start", by_tags)
    yield "stop", Scenario("stop", by_tags, stopping)
    yield "stop-by-ids", Scenario("stop", by_ids, stopping)
    release = {**by_tags, "dry_run": False}
    yield "release", Scenario("release", release, losing)
    yield "release-without-snapshot", Scenario("release", {**release, "snapshot": False}, losing)
    yield "set", Scenario("set_auto_release", {**by_tags, "release_after": "3h"}, losing)
    yield "set-by-name", Scenario("set_auto_release", {**by_name, "release_after": "3h"}, losing)
    yield "clear", Scenario("clear_auto_release", by_tags)
    for code, status in (
        ("Throttling.User", 400),
        ("Forbidden.RAM", 403),
        ("IncorrectInstanceStatus", 403),
        ("InternalError", 500),
    ):
        for operation in ("DescribeInstances", "StopInstances"):
            fault = Refuse(action=operation, status=status, code=code, times=2)
            yield f"stop-{operation}-{code}", Scenario("stop", by_tags, stopping, fault)
    fault = Refuse(action="DeleteInstances", status=403, code="InvalidOperation.Odd", times=3)
    yield "release-refused", Scenario("release", release, losing, fault)


SCENARIOS: Mapping[str, Scenario] = dict(_scenarios())


_WAYS = tuple(ODD)
_FIRST_ROWS = 2
_DIFFERENT = {"DeletionProtection", "InstanceChargeType", "InstanceId", "OperationLocks", "Tags"}
_KNOWN = {
    one.value
    for path in (ROOT / "shared").rglob("*.py")
    for one in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(one, ast.Constant) and isinstance(one.value, str)
}
"""All texts in the code, and so all names of fields that it can read."""


class FuzzError(AssertionError):
    """A run that did not end as it must."""


def recorded(name: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What ECS answers to a scenario when nothing is odd, by operation."""
    return _played(name, None).transport.said


def damages(name: str) -> Iterator[Damage]:
    """Everything that can be odd in a scenario.

    Each node that the code knows by name, in each way, once and always; of the others, which it
    cannot read, each in one way. Of the answers to one operation the first is taken, and each that
    has a node which none before it had. Of rows that are alike some stand for all. With a fault,
    the answers that are errors.
    """
    number = 0
    errors_only = SCENARIOS[name].fault is not None
    for operation, answers in recorded(name).items():
        seen: set[Path] = set()
        for occurrence, answer in enumerate(answers):
            if errors_only and "Code" not in answer:
                continue
            fresh = [path for path in nodes(answer) if path not in seen]
            seen.update(fresh)
            for path in filter(_stands_for_itself, fresh):
                known = _KNOWN.issuperset(one for one in path if isinstance(one, str))
                number += 1
                for odd in ODD if known else [_WAYS[number % len(_WAYS)]]:
                    yield Damage(operation, occurrence, path, odd)
                    if known:
                        yield Damage(operation, occurrence, path, odd, always=True)


def _stands_for_itself(path: Path) -> bool:
    """Is it of the first rows, or by what rows differ?"""
    row = next((one for one in path if isinstance(one, int)), 0)
    return row < _FIRST_ROWS or not _DIFFERENT.isdisjoint(path)


def check(name: str, damage: Damage) -> str:
    """Play a scenario with this damage; how it ended: ``report`` or an error's class.

    Raises:
        FuzzError: not as it must.
    """
    played = _played(name, damage)
    try:
        outcome, report = _ending(played)
        _check_writes(played, report)
    except FuzzError as error:
        raise FuzzError(f"{name}: {damage}: {error}") from played.error
    return outcome


def outcomes_of(part: tuple[str, int, int]) -> tuple[Counter[str], list[str]]:
    """Check every so-many-eth damage of a scenario: how they ended, and what was wrong."""
    name, first, step = part
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for number, damage in enumerate(damages(name)):
        if number % step == first:
            try:
                outcomes[check(name, damage)] += 1
            except FuzzError as error:
                wrong.append(str(error))
    return outcomes, wrong


@dataclass
class _Played:
    """A run that has ended, with what it was about.

    Attributes:
        owners: By disk, the instance that it was attached to.
    """

    scenario: Scenario
    damage: Damage | None
    transport: Damaging
    owners: Mapping[str, str]
    report: Any = None
    error: Exception | None = None


def _played(name: str, damage: Damage | None) -> _Played:
    scenario = SCENARIOS[name]
    stage = Stage(_FLEET, clock=ManualClock(NOW))
    if scenario.fault:
        stage.service.faults.add(scenario.fault)
    owners = {disk.disk_id: disk.instance_id for disk in stage.engine.disks()}
    played = _Played(scenario, damage, Damaging(stage.service, damage=damage), owners)
    event = json.dumps(scenario.request).encode()
    try:
        played.report = stage.deliver(scenario.function, event, played.transport)
    except Exception as error:  # noqa: BLE001  # what must not come is told apart by who asks
        played.error = error
    return played


def _ending(played: _Played) -> tuple[str, Mapping[str, Any]]:
    """How a run ended, and the report that it gave; {} if none."""
    error = played.error
    if error is None:
        return "report", played.report
    if not isinstance(error, CurfewError):
        raise FuzzError(f"untyped {error!r}"[:300])
    message = str(error)
    if len(message.encode()) > LONGEST or not message.replace("\u3000", " ").isprintable():
        raise FuzzError(f"a message of {len(message)} characters, or with odd ones")
    _, begin, rest = message.partition(' {"action": ')
    return type(error).__name__, json.loads(f"{begin}{rest}") if begin else {}


def _check_writes(played: _Played, report: Mapping[str, Any]) -> None:
    written = {played.owners.get(one, one) for one in played.transport.wrote}
    meant = _NAMED_DEV - ({"i-bare"} if "tags" in played.scenario.request else set())
    if outside := written - meant:
        raise FuzzError(f"wrote to what was not meant: {sorted(outside)}")
    if broken := written & played.scenario.guarded - _hidden(played):
        raise FuzzError(f"wrote to the guarded {sorted(broken)}")
    told = {
        row["id"]
        for row in report.get("instances", ())
        if row["result"] in {"changed", "failed", "pending"} or "done before" in row["reason"]
    }
    if untold := written - told - _refused(played):
        rows = [row for row in report.get("instances", ()) if row["id"] in untold]
        raise FuzzError(f"wrote to {sorted(untold)} and told {rows or 'nothing'}; {played.error!r}")


def _refused(played: _Played) -> set[str]:
    """Those of whom ECS itself said, in a form that is right, that it did nothing to them."""
    damage = played.damage
    if damage is None or damage.path[-1:] != ("Code",) or not isinstance(ODD[damage.odd], str):
        return set()
    return _NAMED_DEV


def _hidden(played: _Played) -> set[str]:
    """Those of whose guard ECS itself said, in a form that is right, that it is not there."""
    damage = played.damage
    if damage is None or damage.operation != "DescribeInstances":
        return set()
    if damage.path[:2] != ("Instances", "Instance") or len(damage.path) < 3:
        return set()
    row, *inner = damage.path[2:]
    if not _hides(tuple(inner), damage.odd):
        return set()
    answers = [
        answer
        for number, answer in enumerate(played.transport.said[damage.operation])
        if damage.applies(damage.operation, number)
    ]
    rows = [answer.get("Instances", {}).get("Instance", []) for answer in answers]
    return {some[row]["InstanceId"] for some in rows if isinstance(row, int) and row < len(some)}


def _hides(path: Path, odd: str) -> bool:
    """Does this, at this place of an instance's row, say in the right form that it has no guard?"""
    value = ODD[odd]
    match path:
        case ("Tags",) | ("Tags", "Tag", int()) | ("OperationLocks", "LockReason", int()):
            return value is GONE
        case ("Tags", "Tag") | ("OperationLocks", "LockReason"):
            return value == []
        case ("Tags", "Tag", int(), "TagKey" | "TagValue"):
            return isinstance(value, str) and value != ""
        case ("DeletionProtection",):
            return value is False
        case _:
            return False
