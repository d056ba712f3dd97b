"""DescribeDisks. Source: its page in the API reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum

from local.ecs.account.model import Disk
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.listing import Query, equal, equalities, find
from local.ecs.rpc.paging import PageRequest
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.render_disks import disk_entry, is_portable
from local.ecs.rpc.request import Request

LARGEST_PAGE = 500


class AskableKind(Enum):
    """The values of DiskType."""

    ALL = "all"
    SYSTEM = "system"
    DATA = "data"


class AskableStatus(Enum):
    """The values of Status; disks here are only ever In_use or Available."""

    IN_USE = "In_use"
    AVAILABLE = "Available"
    ATTACHING = "Attaching"
    DETACHING = "Detaching"
    CREATING = "Creating"
    REINITIALIZING = "ReIniting"
    ALL = "All"


_EQUAL: Mapping[str, Callable[[Disk], str]] = {
    "InstanceId": lambda disk: disk.instance_id,
    "ZoneId": lambda disk: disk.zone,
    "Category": lambda disk: disk.category,
    "DiskName": lambda disk: disk.name,
    "DiskChargeType": lambda disk: disk.charge_type.value,
    "AutoSnapshotPolicyId": lambda disk: disk.auto_snapshot_policy_id,
    "KMSKeyId": lambda disk: disk.kms_key_id,
    "PerformanceLevel": lambda disk: disk.performance_level,
    "ResourceGroupId": lambda disk: disk.resource_group_id,
    "SnapshotId": lambda disk: disk.source_snapshot_id,
}
_FLAGS: Mapping[str, Callable[[Disk], bool]] = {
    "DeleteWithInstance": lambda disk: disk.delete_with_instance,
    "Portable": is_portable,
    "EnableAutoSnapshot": lambda _: True,
    "EnableAutomatedSnapshotPolicy": lambda disk: bool(disk.auto_snapshot_policy_id),
    "Encrypted": lambda disk: disk.encrypted,
}


def describe_disks(request: Request) -> JsonObject:
    """One page of the disks that match every filter.

    Raises:
        EcsError: a parameter is wrong, or this is a dry run.
    """
    parameters = request.parameters
    query = Query(
        resources=("disk/*",),
        page=PageRequest.read(request, LARGEST_PAGE),
        ids=parameters.ids("DiskIds", Refusal.TOO_MANY_DISK_IDS, Refusal.MALFORMED_DISK_IDS),
        criteria=tuple(_criteria(parameters)),
    )
    found = find(request, request.state.disks, query)
    return {**found.head(), "Disks": {"Disk": [disk_entry(each) for each in found.items]}}


def _criteria(parameters: Parameters) -> Iterator[Callable[[Disk], bool]]:
    yield from equalities(parameters, _EQUAL)
    kind = parameters.choice("DiskType", AskableKind, Refusal.DISK_TYPE)
    if kind not in {None, AskableKind.ALL}:
        yield equal(lambda disk: disk.kind.value, parameters.text("DiskType"))
    status = parameters.choice("Status", AskableStatus, Refusal.DISK_STATUS)
    if status not in {None, AskableStatus.ALL}:
        yield equal(lambda disk: disk.status, parameters.text("Status"))
    for name, attribute in _FLAGS.items():
        if parameters.text(name):
            yield equal(attribute, parameters.flag(name))
