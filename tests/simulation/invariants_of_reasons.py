"""The invariants of what a row says in words: addresses, disks, snapshots are as ECS has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from local.ecs.account.model import Disk, Instance, SnapshotStatus, StoppedMode
from local.ecs.account.regions import resource_id
from tests.simulation.contract import Order, can_stop_charging
from tests.simulation.watch import InvariantBroken, Invocation, Standing, Watch

Row = Mapping[str, Any]
_GIVES_UP = re.compile(r"(?:gives|gave) up its public address (\d+\.\d+\.\d+\.\d+)")
_DISK = re.compile(r"\bd-[0-9a-z]+")
_LOST = re.compile(r"the data of \d+ disks? is lost: (d-[0-9a-z]+(?:, d-[0-9a-z]+)*)")
_TAKEN = re.compile(r"(s-[0-9a-z]+) of disk (d-[0-9a-z]+)")
_SNAPSHOT = re.compile(r"\b(s-[0-9a-z]+)(?: \(([^)]*)\))?")
_DAYS = re.compile(r"(\d+) days?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?\S*)?")
_A_DAY = timedelta(days=1)


def check_reason(
    watch: Watch, invocation: Invocation, standings: Sequence[Standing], row: Row
) -> None:
    """Hold what a row's reason names against what ECS holds.

    Raises:
        InvariantBroken: it names something that is not so, or leaves out what must be told.
    """
    one = watch.known.get(row["id"])
    if one is None or row["result"] not in {"changed", "unchanged", "would_change"}:
        return
    if problem := _wrong(watch, invocation, one, row):
        raise InvariantBroken(f"{row['id']}: {problem}: {row}")
    quiet = row["id"] not in invocation.interfered and not watch.scenario.duplicate_at
    if len(standings) > 1 or not quiet:
        return
    if missing := _untold(watch, invocation, standings[0].order, row):
        raise InvariantBroken(f"{row['id']}: the reason does not tell of {missing}: {row}")


def _wrong(watch: Watch, invocation: Invocation, one: Instance, row: Row) -> str:
    reason = row["reason"]
    for address in _GIVES_UP.findall(reason):
        if address not in _addresses(invocation, row):
            return f"{address} never was its public address"
    there = (watch.disks[each] for each in invocation.disks.get(one.instance_id, ()))
    disks = {**_disks(watch, one), **{each.disk_id: each for each in there}}
    for snapshot_id, disk_id in _TAKEN.findall(reason):
        if not _is_taken(invocation, snapshot_id, disk_id):
            return f"{snapshot_id} is no snapshot of {disk_id} that this run has taken"
    reason = _TAKEN.sub("", reason)
    if problem := _wrong_disk(disks, reason):
        return problem
    for snapshot_id, told in _SNAPSHOT.findall(reason):
        if problem := _wrong_snapshot(watch, disks, snapshot_id, told):
            return problem
    return ""


def _wrong_disk(disks: Mapping[str, Disk], reason: str) -> str:
    lost = {each for told in _LOST.findall(reason) for each in told.split(", ")}
    for disk_id in _DISK.findall(reason):
        if disk_id not in disks or disks[disk_id].delete_with_instance is not (disk_id in lost):
            return f"{disk_id} is no disk of it that {'is lost' if disk_id in lost else 'stays'}"
    return ""


def _is_taken(invocation: Invocation, snapshot_id: str, disk_id: str) -> bool:
    """Did ECS call a snapshot of this disk so, when this run asked for it?"""
    return any(
        write.snapshot_id == snapshot_id and write.parameters.get("DiskId") == disk_id
        for write in invocation.writes
    )


def _addresses(invocation: Invocation, row: Row) -> set[str]:
    """The static public addresses that ECS showed of it."""
    views = invocation.views.get(row["id"], ())
    return {
        address
        for region, view in views
        if view is not None and region == row["region"]
        for address in view.get("PublicIpAddress", {}).get("IpAddress", ())
    }


def _wrong_snapshot(watch: Watch, disks: Mapping[str, Disk], snapshot_id: str, told: str) -> str:
    found = [each for each in watch.engine.snapshots() if each.snapshot_id == snapshot_id]
    if not found:
        return f"there is no snapshot {snapshot_id}"
    (snapshot,) = found
    if snapshot.disk_id not in disks or snapshot.status is not SnapshotStatus.ACCOMPLISHED:
        return f"{snapshot_id} is {snapshot.status} of {snapshot.disk_id}"
    if days := _DAYS.search(told):
        if int(days[1]) != snapshot.retention_days:
            return f"{snapshot_id} is kept {snapshot.retention_days} days"
    elif date := _DATE.search(told):
        ends_at = snapshot.began_at + snapshot.retention_days * _A_DAY
        local = watch.scenario.operator.hours.local(ends_at).strftime("%Y-%m-%dT%H:%M")
        if not snapshot.retention_days or not local.startswith(date[0][: len(local)]):
            return f"{snapshot_id} ends at {local if snapshot.retention_days else 'no time'}"
    return ""


def _disks(watch: Watch, one: Instance) -> Mapping[str, Disk]:
    """The disks that it has or had, as they were last while attached."""
    return watch.disks_of.get(one.instance_id, {})


def _untold(watch: Watch, invocation: Invocation, order: Order, row: Row) -> str:
    """What the reason should tell and does not, of an instance that nobody else has touched."""
    one = watch.known[row["id"]]
    if order.function in {"stop", "apply_schedule"}:
        return _untold_address(watch, order, one, row)
    if order.function == "release":
        attached = invocation.disks.get(one.instance_id, set())
        disks = {key: disk for key, disk in _disks(watch, one).items() if key in attached}
        return _untold_rest(watch, order, disks, row)
    return ""


def _untold_address(watch: Watch, order: Order, one: Instance, row: Row) -> str:
    """Who is stopped in economical mode gives up its public address, and the row says so."""
    now = watch.find(one.instance_id)
    if now is None or not now.public_ip or now.public_ip in row["reason"]:
        return ""
    if row["result"] == "would_change":
        asked = order.request.get("stopped_mode") == "StopCharging" and can_stop_charging(one)
        return f"the address {now.public_ip}" if asked and row["status"] == "Running" else ""
    stopped = now.stopped_mode is StoppedMode.STOP_CHARGING and row["status"] == "Stopped"
    told = row["result"] == "changed" and stopped
    return f"the address {now.public_ip}" if told else ""


def _untold_rest(watch: Watch, order: Order, disks: Mapping[str, Disk], row: Row) -> str:
    """Who is released leaves disks, an EIP and snapshots, which go on costing."""
    reason = row["reason"]
    is_gone = row["result"] == "changed" and row["status"] == "Gone"
    if not is_gone and row["result"] != "would_change":
        return ""
    one = watch.known[row["id"]]
    if watch.is_rough and watch.scenario.may_lie and not order.with_snapshots:
        disks = {}  # they are only told of, so one empty list of them is believed
    if "ECS shows none of its disks" in reason and not order.with_snapshots:
        disks = {}  # its rows of them cannot be read, so all are told of at once
    for disk in disks.values():
        is_lost = disk.delete_with_instance and not order.with_snapshots
        if (is_lost or not disk.delete_with_instance) and disk.disk_id not in reason:
            return disk.disk_id
    if one.eip and not {one.eip, resource_id("eip", one.region, one.eip)} & set(_words(reason)):
        return f"the EIP {one.eip}"
    if not is_gone or not order.with_snapshots:
        return ""
    for disk in disks.values():
        done = [
            each
            for each in watch.engine.snapshots(disk.disk_id)
            if each.status is SnapshotStatus.ACCOMPLISHED
        ]
        if done and not any(each.snapshot_id in reason for each in done):
            return f"any snapshot of {disk.disk_id}"
    return ""


def _words(text: str) -> list[str]:
    return re.findall(r"[^\s,;()]+", text)
