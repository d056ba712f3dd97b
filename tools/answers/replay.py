"""What the emulator answers where a recording was made: to the nearest thing that can be asked."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from local.ecs.account.model import Status
from local.ecs.account.regions import REGIONS
from local.ecs.account.system_events import EventType
from local.ecs.clock import ManualClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.ecs.gateway.gateway import Answer, Gateway
from local.ecs.gateway.throttle import Limits, Throttle, read_denial
from local.ecs.http.xml import to_xml
from local.ecs.ram.caller import Caller
from local.ecs.ram.policy import Policy
from local.ecs.rpc.reference import COMMON, documented
from local.ecs.server import LocalEcs
from tools.answers.likenesses import instance, with_disk
from tools.answers.recordings import Json, Recording, from_xml

_NOBODY = Policy(
    {"Version": "1", "Statement": {"Effect": "Allow", "Action": "none:*", "Resource": "*"}}
)
_ROWS: Mapping[str, tuple[str, str]] = {
    "DescribeInstances": ("Instances", "Instance"),
    "DescribeDisks": ("Disks", "Disk"),
    "DescribeInstanceStatus": ("InstanceStatuses", "InstanceStatus"),
    "DescribeInstancesFullStatus": ("InstanceFullStatusSet", "InstanceFullStatusType"),
    "DescribeInstanceHistoryEvents": ("InstanceSystemEventSet", "InstanceSystemEventType"),
}
HOME = "cn-hangzhou"


class Heard(NamedTuple):
    """What the emulator answered."""

    status: int
    body: Json


def heard(recording: Recording) -> Heard | None:
    """The answer to hold against a recording; None for what nothing here can be asked."""
    if recording.form == "headers":
        return Heard(200, _headers())
    if recording.kind == "error":
        return _error(recording)
    if recording.form == "xml":
        return _xml(recording)
    if recording.kind in _ROWS and _rows(recording) is not None:
        return _list(recording)
    return None


def _rows(recording: Recording) -> list[Json] | None:
    outer, inner = _ROWS[recording.kind]
    rows = recording.body.get(outer)
    return rows.get(inner) if isinstance(rows, dict) else None


def _list(recording: Recording) -> Heard:
    rows = _rows(recording) or []
    makers: Mapping[str, Callable[[Json], InstanceSpec]] = {
        "DescribeInstances": instance,
        "DescribeDisks": with_disk,
    }
    specs = [_at_home(makers.get(recording.kind, _bare), row) for row in rows]
    if recording.kind == "DescribeInstanceHistoryEvents":
        gateway = _with_events(rows)
    else:
        gateway = _gateway(*specs)
    region = specs[0].region if specs else HOME
    parameters = {"RegionId": region, "PageNumber": "1", "PageSize": "100"}
    if recording.kind == "DescribeDisks" and len(specs) == len(gateway.engine.disks()):
        parameters["DiskType"] = "all"
    elif recording.kind == "DescribeDisks":
        parameters["DiskType"] = rows[0].get("Type", "system")
    if recording.kind == "DescribeInstanceHistoryEvents":
        statuses = ("Scheduled", "Inquiring", "Executed", "Avoided")
        parameters |= {
            f"InstanceEventCycleStatus.{number}": each for number, each in enumerate(statuses, 1)
        }
    answer = gateway.call(recording.kind, parameters, Caller())
    return Heard(answer.status, answer.body)


def _at_home(make: Callable[[Json], InstanceSpec], row: Json) -> InstanceSpec:
    """The instance of a row, in a region and zone that there are."""
    region = row.get("RegionId", HOME)
    known = region in REGIONS
    zone = row.get("ZoneId", "")
    has_zone = known and zone in REGIONS[region].zones
    return make({**row, "RegionId": region if known else HOME, "ZoneId": zone if has_zone else ""})


def _bare(row: Json) -> InstanceSpec:
    """An instance of which no more is recorded than its status."""
    status = row.get("Status", "Running")
    name = status["Name"] if isinstance(status, dict) else status
    return InstanceSpec(region=row["RegionId"], status=Status(name))


def _gateway(*specs: InstanceSpec, **options: Any) -> Gateway:  # noqa: ANN401  # Gateway's own
    return Gateway(Ecs(Fleet(specs), ManualClock()), **options)


def _with_events(rows: list[Json]) -> Gateway:
    """Instances for which events were announced; those that have a time are over."""
    clock = ManualClock()
    engine = Ecs(Fleet(tuple(InstanceSpec() for _ in rows)), clock)
    for each, row in zip(engine.instances(), rows, strict=True):
        at: datetime | None = clock.now() + timedelta(seconds=1)
        waits = row["EventCycleStatus"]["Name"] == "Inquiring"
        kind = EventType(row["EventType"]["Name"])
        engine.announce(each.instance_id, kind, None if waits else at, row.get("Reason", ""))
    clock.advance(timedelta(minutes=1))
    return Gateway(engine)


def _xml(recording: Recording) -> Heard:
    """The emulator's XML where XML was recorded, of the most ordinary resource."""
    gateway = _gateway(InstanceSpec(created_at=ManualClock().now(), tags={"a": "b"}))
    (one,) = gateway.engine.instances()
    of_whom = {"RegionId": HOME, "InstanceId": one.instance_id, "DiskId": one.disk_ids[0]}
    if recording.kind == "DescribeSnapshots":
        _success(gateway, "CreateSnapshot", {**of_whom, "SnapshotName": "nightly"})
    if recording.kind == "DeleteInstance":
        of_whom["Force"] = "true"
    if recording.kind.startswith("Describe"):
        of_whom = {"RegionId": HOME, "PageNumber": "1"}
    answer = _success(gateway, recording.kind, of_whom)
    return Heard(answer.status, from_xml(to_xml(f"{recording.kind}Response", answer.body)))


def _success(gateway: Gateway, action: str, of_whom: Mapping[str, str]) -> Answer:
    """What is answered if the operation is sent what it has of these parameters.

    Raises:
        ValueError: it is refused, so that nothing can be held against a recorded success.
    """
    known = documented(action).forms | COMMON
    sent = {name: value for name, value in of_whom.items() if name in known}
    answer = gateway.call(action, sent, Caller())
    if answer.code:
        raise ValueError(f"{action} is refused here: {answer.body['Message']}")
    return answer


def _error(recording: Recording) -> Heard:
    """The same error, brought about if that is possible here, else by a fault."""
    recorded = recording.body
    code = recorded["Code"]
    running, caller = InstanceSpec("running"), Caller()
    gateway = _gateway(running, replace(running, status=Status.STOPPED))
    first, second = (each.instance_id for each in gateway.engine.instances())
    action, instance_id = "StopInstance", first
    if code == "InvalidInstanceId.NotFound":
        instance_id = "i-gone"
    elif code == "IncorrectInstanceStatus" and "Stopped" in recorded["Message"]:
        instance_id = second
    elif code == "IncorrectInstanceStatus":
        action = "DeleteInstance"
    elif code == "Forbidden.RAM":
        caller = Caller(authorizer=_NOBODY)
    elif code in {"Throttling", "Throttling.User"}:
        gateway.throttle = Throttle(Limits(otherwise=0, denial=read_denial(code)))
    else:
        gateway.faults.add(Refuse(status=recording.status, code=code))
    answer = gateway.call(action, {"RegionId": HOME, "InstanceId": instance_id}, caller)
    return Heard(answer.status, answer.body)


def _headers() -> dict[str, str]:
    """The names of the headers that come over the wire."""
    with LocalEcs(Emulator(Options(build=lambda: Ecs(Fleet(), ManualClock())))) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        connection.request("GET", "/?Action=DescribeRegions&Format=JSON")
        response = connection.getresponse()
        json.loads(response.read())
        names = {name.lower(): "" for name in response.headers}
        connection.close()
    return names
