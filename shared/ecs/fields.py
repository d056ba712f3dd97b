"""Translates ECS's fields to and from ours. Pure; the only place with ECS's field names.

What guards depend on is parsed strictly: a field that is missing counts as a protection, and a
response in another shape than documented is an error, never "nothing".

Sources: DescribeInstances, DescribeDisks, DescribeSnapshots, ListTagResources, ECS API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Any

from shared.base.errors import Unavailable
from shared.base.times import parse_instant
from shared.domain.instance import (
    Bought,
    Disk,
    Instance,
    Snapshot,
    SnapshotStatus,
    Status,
    StoppedMode,
)

RELEASE_TAG = "curfew:release-of"
"""Marks a snapshot as Curfew's; its value is the instance whose disk it holds."""

Json = Mapping[str, Any]

_LARGEST_NUMBER = 999_999
"""This many days after any creation is still a valid date; ECS accepts 65,536 (CreateSnapshot)."""


def listed(prefix: str, values: Iterable[str]) -> dict[str, str]:
    """A list in ECS's RPC style: ``InstanceId.1``, ``InstanceId.2`` and so on."""
    return {f"{prefix}.{number}": value for number, value in enumerate(values, start=1)}


def rows(answer: Json, outer: str, inner: str) -> list[Json]:
    """The rows of a response, which ECS wraps twice: ``{"Instances": {"Instance": […]}}``.

    Raises:
        Unavailable: the response has another shape, so its meaning is unknown.
    """
    found = answer.get(outer)
    found = found.get(inner) if isinstance(found, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Unavailable(f"ECS's response lacks {outer}.{inner}")
    return found


def read_instance(row: Json, region: str, seen_at: datetime) -> Instance:
    """One row of DescribeInstances.

    Raises:
        Unavailable: the row is not what the documentation promises.
    """
    try:
        return Instance(
            id=_text(row, "InstanceId"),
            region=region,
            seen_at=seen_at,
            status=_status(_text(row, "Status")),
            name=_text_if_any(row, "InstanceName"),
            instance_type=intern(_text_if_any(row, "InstanceType")),
            charge_type=intern(_text_if_any(row, "InstanceChargeType")),
            stopped_mode=_stopped_mode(row.get("StoppedMode")),
            started_at=_time(row.get("StartTime")),
            auto_release_at=_time(row.get("AutoReleaseTime")),
            deletion_protection=row.get("DeletionProtection") is not False,
            locks=tuple(_locks(row)),
            tags=_as_mapping(tuple(_tags(row))),
            elastic_ip=_text_if_any(row.get("EipAddress") or {}, "AllocationId"),
            eip=_text_if_any(row.get("EipAddress") or {}, "IpAddress"),
            public_ip=_public_ip(row.get("PublicIpAddress") or {}),
            has_local_disks=bool(_number(row, "LocalStorageAmount"))
            or bool(_number(row, "LocalStorageCapacity")),
            created_at=_time(row.get("CreationTime")),
            bought=_bought(
                *(row.get(key) for key in ("ImageId", "InstanceNetworkType", "SpotStrategy")),
                mbps=row.get("InternetMaxBandwidthOut")
                if row.get("InternetChargeType") == "PayByBandwidth"
                else 0,
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable("instance", error) from None


def read_row(row: Json, region: str, seen_at: datetime) -> Instance:
    """One row of DescribeInstances; for an invalid one, as much of it as can be parsed.

    Raises:
        Unavailable: it does not even name its instance.
    """
    try:
        return read_instance(row, region, seen_at)
    except Unavailable as error:
        instance_id = row.get("InstanceId")
        if not isinstance(instance_id, str) or not instance_id.startswith("i-"):
            raise
        name = row.get("InstanceName")
        return Instance(
            id=instance_id,
            region=region,
            seen_at=seen_at,
            status=Status.UNKNOWN,
            name=name if isinstance(name, str) else "",
            tags=_tags_if_readable(row),
            unreadable=str(error),
        )


def read_disk(row: Json) -> Disk:
    """One row of DescribeDisks.

    Raises:
        Unavailable: the row is not what the documentation promises.
    """
    try:
        return Disk(
            id=_text(row, "DiskId"),
            category=_text_if_any(row, "Category"),
            deleted_with_instance=row.get("DeleteWithInstance") is True,
            attached_at=_time(row.get("AttachedTime")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable("disk", error) from None


def owner_of(row: Json) -> str:
    """The instance that a disk is attached to; "" if none (one row of DescribeDisks).

    Raises:
        Unavailable: the row is not what the documentation promises.
    """
    try:
        return _text_if_any(row, "InstanceId")
    except TypeError as error:
        raise _unreadable("disk", error) from None


def is_attached_to(row: Json, instance_id: str) -> bool:
    """Is a disk that was listed for this instance one of its disks?

    One that names no instance counts as one; a disk shared by several instances lists each of them
    among its attachments (one row of DescribeDisks).

    Raises:
        Unavailable: the row is not what the documentation promises.
    """
    if owner_of(row) in {"", instance_id}:
        return True
    try:
        shared_by = [one["InstanceId"] for one in (row.get("Attachments") or {})["Attachment"]]
    except (KeyError, TypeError):
        return False
    return instance_id in shared_by


def read_snapshot(row: Json) -> Snapshot:
    """One row of DescribeSnapshots; an undocumented status counts as failed.

    Raises:
        Unavailable: the row is not what the documentation promises.
    """
    try:
        created_at = parse_instant(_text(row, "CreationTime"))
        return Snapshot(
            id=_text(row, "SnapshotId"),
            disk_id=_text(row, "SourceDiskId"),
            status=_snapshot_status(_text(row, "Status")),
            created_at=created_at,
            ends_at=_end(created_at, _number(row, "RetentionDays")),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _unreadable("snapshot", error) from None


def is_ours(row: Json, instance_id: str) -> bool:
    """Is this snapshot one that Curfew took for the release of this instance?

    Raises:
        Unavailable: its tags are not what the documentation promises.
    """
    try:
        return (RELEASE_TAG, instance_id) in _tags(row)
    except (KeyError, TypeError, AttributeError) as error:
        raise _unreadable("snapshot", error) from None


def read_tag(row: Json) -> tuple[str, str, str]:
    """One row of ListTagResources: an instance's id, the tag's key and its value.

    Raises:
        Unavailable: the row is not what the documentation promises.
    """
    try:
        return _text(row, "ResourceId"), _text(row, "TagKey"), _text_if_any(row, "TagValue")
    except (KeyError, TypeError) as error:
        raise _unreadable("tag", error) from None


def read_status(text: object) -> Status:
    """A status from the response to StopInstances or StartInstances."""
    return _status(text if isinstance(text, str) else "")


def _unreadable(what: str, error: Exception) -> Unavailable:
    return Unavailable(f"ECS returned an unreadable {what}: {error!r}"[:200], unreadable=True)


def _text(row: Json, key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or not value:
        raise TypeError(f"{key} is {value!r}")
    return value


def _text_if_any(row: Json, key: str) -> str:
    """A text that may be absent; "" if it is."""
    return _text(row, key) if row.get(key) else ""


def _number(row: Json, key: str) -> int:
    """A whole number that may be absent or a text; 0 if it is absent."""
    value = row.get(key) or 0
    if not isinstance(value, int | str) or not 0 <= int(value) <= _LARGEST_NUMBER:
        raise TypeError(f"{key} is {value!r}")
    return int(value)


def _public_ip(addresses: Json) -> str:
    """The static public address; ECS returns a list with at most one."""
    return ", ".join(addresses.get("IpAddress") or ())


def _end(created_at: datetime, retention_days: int) -> datetime | None:
    """When a snapshot is deleted; None: never, since RetentionDays is absent or 0."""
    return created_at + timedelta(days=retention_days) if retention_days else None


def _status(text: str) -> Status:
    try:
        status = Status(text)
    except ValueError:
        return Status.UNKNOWN
    return Status.UNKNOWN if status is Status.GONE else status


def _stopped_mode(text: object) -> StoppedMode:
    try:
        return StoppedMode(text)
    except ValueError:
        return StoppedMode.NOT_APPLICABLE


def _snapshot_status(text: str) -> SnapshotStatus:
    try:
        return SnapshotStatus(text)
    except ValueError:
        return SnapshotStatus.FAILED


@lru_cache(maxsize=4096)
def _time(text: str | None) -> datetime | None:
    """A time; instances that were started in the same minute share it."""
    return parse_instant(text) if text else None


@lru_cache(maxsize=4096)
def _bought(image_id: object, network: object, spot_strategy: object, *, mbps: object) -> Bought:
    """What decides a price; equal ones are shared. No guard uses it, so it is parsed leniently."""
    return Bought(
        image_id=image_id if isinstance(image_id, str) else "",
        network=network if isinstance(network, str) else "",
        fixed_mbps=mbps if isinstance(mbps, int) and mbps > 0 else 0,
        is_spot=spot_strategy not in {None, "", "NoSpot"},
    )


@lru_cache(maxsize=4096)
def _as_mapping(tags: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The tags by key; instances with the same tags share them, so they must not be modified."""
    return MappingProxyType(dict(tags))


def _locks(row: Json) -> Iterator[str]:
    """The reasons of the locks; an absent field, always present by the docs, counts as a lock."""
    if "OperationLocks" not in row:
        yield "unknown"
        return
    for lock in _list(row["OperationLocks"]["LockReason"]):
        yield _text_if_any(lock, "LockReason") or "unknown"


def _tags_if_readable(row: Json) -> Mapping[str, str]:
    try:
        return _as_mapping(tuple(_tags(row)))
    except (KeyError, TypeError, AttributeError):
        return {}


def _tags(row: Json) -> list[tuple[str, str]]:
    """The tags; the field is absent when there are none."""
    if "Tags" not in row:
        return []
    tags = _list(row["Tags"]["Tag"])
    return [(_text(tag, "TagKey"), _text_if_any(tag, "TagValue")) for tag in tags]


def _list(value: Any) -> list[Any]:  # noqa: ANN401  # JSON
    """A list; an empty text or object would also yield nothing, but is not accepted for guards."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value
