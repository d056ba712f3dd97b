"""DescribeSnapshots and DescribeSnapshotGroups. Source: their pages in the API reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum

from local.ecs.account.model import Snapshot, SnapshotGroup, SnapshotStatus
from local.ecs.account.state import JsonObject, State
from local.ecs.errors import Refusal
from local.ecs.rpc.listing import Query, equal, equalities, find
from local.ecs.rpc.paging import PageRequest
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.render import to_second
from local.ecs.rpc.render_disks import snapshot
from local.ecs.rpc.request import Request

LARGEST_PAGE = 100


class AskableStatus(Enum):
    """The values of Status."""

    PROGRESSING = "progressing"
    ACCOMPLISHED = "accomplished"
    FAILED = "failed"
    ALL = "all"


class AskableType(Enum):
    """The values of SnapshotType; the emulator creates none of type auto."""

    AUTO = "auto"
    USER = "user"
    ALL = "all"


_EQUAL: Mapping[str, Callable[[Snapshot], str]] = {
    "InstanceId": lambda snapshot: snapshot.instance_id,
    "DiskId": lambda snapshot: snapshot.disk_id,
    "SnapshotName": lambda snapshot: snapshot.name,
    "SourceDiskType": lambda snapshot: snapshot.disk_kind.value,
}
_GROUP_EQUAL: Mapping[str, Callable[[SnapshotGroup], str]] = {
    "InstanceId": lambda group: group.instance_id,
    "Name": lambda group: group.name,
}


def describe_snapshots(request: Request) -> JsonObject:
    """One page of the snapshots that match every filter.

    Raises:
        EcsError: a parameter is wrong, or this is a dry run.
    """
    parameters, state = request.parameters, request.state
    query = Query(
        resources=("snapshot/*",),
        page=PageRequest.read(request, LARGEST_PAGE),
        ids=parameters.ids("SnapshotIds", Refusal.SNAPSHOT_IDS, Refusal.SNAPSHOT_IDS),
        criteria=tuple(_criteria(parameters)),
    )
    found = find(request, state.snapshots, query)
    entries = [snapshot(each, state.now) for each in found.items]
    return {**found.head(), "Snapshots": {"Snapshot": entries}}


def describe_snapshot_groups(request: Request) -> JsonObject:
    """One page of the snapshot groups that match every filter.

    Raises:
        EcsError: a parameter is wrong.
    """
    parameters, state = request.parameters, request.state
    query = Query(
        resources=("*",),
        page=PageRequest.read(request, LARGEST_PAGE),
        ids=parameters.repeated("SnapshotGroupId") or None,
        criteria=tuple(_group_criteria(parameters, state)),
    )
    found = find(request, state.groups, query)
    return {
        "NextToken": found.next_token,
        "SnapshotGroups": {"SnapshotGroup": [_group(state, each) for each in found.items]},
    }


def _criteria(parameters: Parameters) -> Iterator[Callable[[Snapshot], bool]]:
    yield from equalities(parameters, _EQUAL)
    status = parameters.choice("Status", AskableStatus, Refusal.UNKNOWN_STATUS)
    if status not in {None, AskableStatus.ALL}:
        yield equal(lambda snapshot: snapshot.status.value, parameters.text("Status"))
    kind = parameters.choice("SnapshotType", AskableType, Refusal.SNAPSHOT_TYPE)
    if kind is AskableType.AUTO:
        yield lambda _: False


def _group_criteria(
    parameters: Parameters, state: State
) -> Iterator[Callable[[SnapshotGroup], bool]]:
    yield from equalities(parameters, _GROUP_EQUAL)
    statuses = frozenset(parameters.repeated("Status"))
    if statuses:
        yield lambda group: _group_status(state, group) in statuses


def _members(state: State, group: SnapshotGroup) -> list[Snapshot]:
    """The group's snapshots that still exist."""
    found = (state.snapshots.find(each) for each in group.snapshot_ids)
    return [snapshot for snapshot in found if snapshot is not None]


def _group_status(state: State, group: SnapshotGroup) -> str:
    """Failed when one is, accomplished when all are."""
    statuses = {snapshot.status for snapshot in _members(state, group)}
    if SnapshotStatus.FAILED in statuses:
        return SnapshotStatus.FAILED.value
    if SnapshotStatus.PROGRESSING in statuses:
        return SnapshotStatus.PROGRESSING.value
    return SnapshotStatus.ACCOMPLISHED.value


def _group(state: State, group: SnapshotGroup) -> JsonObject:
    return {
        "CreationTime": to_second(group.created_at),
        "Description": group.description,
        "InstanceId": group.instance_id,
        "Name": group.name,
        "ProgressStatus": "",
        "ResourceGroupId": "",
        "SnapshotGroupId": group.group_id,
        "Snapshots": {"Snapshot": [_member(each, state) for each in _members(state, group)]},
        "Status": _group_status(state, group),
        "Tags": _tags(group.tags),
    }


def _member(snapshot: Snapshot, state: State) -> JsonObject:
    return {
        "Available": snapshot.status is SnapshotStatus.ACCOMPLISHED,
        "InstantAccess": False,
        "Progress": f"{snapshot.percent(state.now)}%",
        "SnapshotId": snapshot.snapshot_id,
        "SourceDiskId": snapshot.disk_id,
        "SourceDiskType": snapshot.disk_kind.value,
        "Tags": _tags(snapshot.tags),
    }


def _tags(tags: Mapping[str, str]) -> JsonObject:
    """Tags as only this operation shows them: Key and Value, not TagKey and TagValue."""
    return {"Tag": [{"Key": key, "Value": value} for key, value in tags.items()]}
