"""ECS's answers about disks and snapshots, read into our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from shared.base.errors import Unavailable
from shared.domain.instance import Disk, Snapshot, SnapshotStatus
from shared.ecs.fields import (
    RELEASE_TAG,
    is_attached_to,
    is_ours,
    owner_of,
    read_disk,
    read_snapshot,
)
from tests.unit.ecs.rows import NOW, without

DISK_ROW: Mapping[str, object] = {
    "DiskId": "d-1",
    "Category": "cloud_essd",
    "DeleteWithInstance": True,
}


@pytest.mark.parametrize(
    ("changes", "disk"),
    [
        ({}, Disk("d-1", "cloud_essd", deleted_with_instance=True)),
        ({"DeleteWithInstance": False}, Disk("d-1", "cloud_essd", deleted_with_instance=False)),
        ({"DeleteWithInstance": None}, Disk("d-1", "cloud_essd", deleted_with_instance=False)),
        ({"Category": ""}, Disk("d-1", "", deleted_with_instance=True)),
        ({"AttachedTime": ""}, Disk("d-1", "cloud_essd", deleted_with_instance=True)),
        (
            {"AttachedTime": "2026-11-24T12:00:05Z"},
            Disk("d-1", "cloud_essd", deleted_with_instance=True, attached_at=NOW),
        ),
    ],
    ids=["deleted-with-it", "kept", "not-said", "no-category", "attached-never-said", "attached"],
)
def test_a_disk_is_read_in_our_words(changes: Mapping[str, object], disk: Disk) -> None:
    assert read_disk({**DISK_ROW, **changes}) == disk


@pytest.mark.parametrize(
    "row",
    [
        without(DISK_ROW, "DiskId"),
        {**DISK_ROW, "DiskId": ""},
        {**DISK_ROW, "Category": 5},
        {**DISK_ROW, "AttachedTime": "yesterday"},
    ],
    ids=["no-id", "empty-id", "category-no-text", "attached-at-no-time"],
)
def test_a_disk_in_another_shape_is_an_error(row: Mapping[str, object]) -> None:
    with pytest.raises(Unavailable, match=r"^ECS returned an unreadable disk: "):
        read_disk(row)


@pytest.mark.parametrize(
    ("row", "owner"),
    [
        ({"InstanceId": "i-1"}, "i-1"),
        ({"InstanceId": ""}, ""),
        ({"InstanceId": None}, ""),
        ({}, ""),
    ],
    ids=["attached", "not-attached", "null", "not-said"],
)
def test_a_disk_says_what_it_is_attached_to(row: Mapping[str, object], owner: str) -> None:
    assert owner_of(row) == owner


SHARED = {"Attachment": [{"InstanceId": "i-2"}, {"InstanceId": "i-1"}]}


@pytest.mark.parametrize(
    ("row", "is_its"),
    [
        pytest.param({"InstanceId": "i-1"}, True, id="attached"),
        pytest.param({}, True, id="not-said"),
        pytest.param({"InstanceId": ""}, True, id="empty"),
        pytest.param({"InstanceId": "i-2"}, False, id="another"),
        pytest.param({"InstanceId": "i-2", "Attachments": SHARED}, True, id="shared"),
        pytest.param({"InstanceId": "i-3", "Attachments": {}}, False, id="no-attachments"),
        pytest.param({"InstanceId": "i-3", "Attachments": None}, False, id="null"),
        pytest.param({"InstanceId": "i-3", "Attachments": {"Attachment": [5]}}, False, id="odd"),
    ],
)
def test_a_disk_counts_for_those_that_it_is_attached_to(
    row: Mapping[str, object],
    is_its: bool,  # noqa: FBT001  # a table's column
) -> None:
    assert is_attached_to(row, "i-1") is is_its


@pytest.mark.parametrize("owner", [5, ["i-1"], {"i": 1}], ids=str)
def test_a_disk_of_an_unreadable_instance_is_an_error(owner: object) -> None:
    with pytest.raises(Unavailable, match=r"^ECS returned an unreadable disk: "):
        owner_of({"InstanceId": owner})
    with pytest.raises(Unavailable) as caught:
        is_attached_to({"InstanceId": owner}, "i-1")
    assert caught.value.unreadable


SNAPSHOT_ROW: Mapping[str, object] = {
    "SnapshotId": "s-1",
    "SourceDiskId": "d-1",
    "Status": "accomplished",
    "CreationTime": "2026-11-24T12:00:05Z",
    "Tags": {"Tag": [{"TagKey": RELEASE_TAG, "TagValue": "i-1"}]},
}


@pytest.mark.parametrize(
    ("status", "read_as"),
    [
        ("progressing", SnapshotStatus.PROGRESSING),
        ("accomplished", SnapshotStatus.ACCOMPLISHED),
        ("failed", SnapshotStatus.FAILED),
        ("Accomplished", SnapshotStatus.FAILED),
        ("done", SnapshotStatus.FAILED),
    ],
)
def test_a_snapshot_is_accomplished_only_if_ecs_says_just_that(
    status: str, read_as: SnapshotStatus
) -> None:
    assert read_snapshot({**SNAPSHOT_ROW, "Status": status}) == Snapshot(
        "s-1", "d-1", read_as, NOW, ends_at=None
    )


@pytest.mark.parametrize(
    ("retention", "ends_at"),
    [
        ({}, None),
        ({"RetentionDays": 0}, None),
        ({"RetentionDays": None}, None),
        ({"RetentionDays": 7}, NOW + timedelta(days=7)),
        ({"RetentionDays": "7"}, NOW + timedelta(days=7)),
        ({"RetentionDays": 65_536}, NOW + timedelta(days=65_536)),
    ],
    ids=str,
)
def test_a_snapshot_ends_so_many_days_after_it_was_created_or_never(
    retention: Mapping[str, object], ends_at: datetime | None
) -> None:
    assert read_snapshot({**SNAPSHOT_ROW, **retention}).ends_at == ends_at


@pytest.mark.parametrize(
    "row",
    [
        *(without(SNAPSHOT_ROW, field) for field in ("SnapshotId", "SourceDiskId", "Status")),
        without(SNAPSHOT_ROW, "CreationTime"),
        {**SNAPSHOT_ROW, "RetentionDays": "a week"},
        {**SNAPSHOT_ROW, "RetentionDays": -1},
        {**SNAPSHOT_ROW, "RetentionDays": 9_999_999},
        {**SNAPSHOT_ROW, "RetentionDays": 7.5},
        {**SNAPSHOT_ROW, "CreationTime": "yesterday"},
        {**SNAPSHOT_ROW, "Status": 5},
    ],
    ids=[
        "no-id",
        "no-disk",
        "no-status",
        "no-time",
        "retention-no-number",
        "retention-negative",
        "retention-beyond-the-calendar",
        "retention-not-whole",
        "no-such-time",
        "status-no-text",
    ],
)
def test_a_snapshot_in_another_shape_is_an_error(row: Mapping[str, object]) -> None:
    with pytest.raises(Unavailable, match=r"^ECS returned an unreadable snapshot: "):
        read_snapshot(row)


@pytest.mark.parametrize(
    ("tags", "ours"),
    [
        pytest.param({"Tag": [{"TagKey": RELEASE_TAG, "TagValue": "i-1"}]}, True, id="ours"),
        pytest.param(
            {"Tag": [{"TagKey": "a"}, {"TagKey": RELEASE_TAG, "TagValue": "i-1"}]},
            True,
            id="ours-among-others",
        ),
        pytest.param(
            {"Tag": [{"TagKey": RELEASE_TAG, "TagValue": "i-2"}]}, False, id="of-another-instance"
        ),
        pytest.param({"Tag": [{"TagKey": RELEASE_TAG}]}, False, id="of-no-instance"),
        pytest.param({"Tag": [{"TagKey": "a", "TagValue": "i-1"}]}, False, id="another-tag"),
        pytest.param({"Tag": []}, False, id="no-tags"),
    ],
)
def test_a_snapshot_is_ours_by_its_tag(
    tags: object,
    ours: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert is_ours({**SNAPSHOT_ROW, "Tags": tags}, "i-1") is ours


def test_a_snapshot_without_tags_is_not_ours() -> None:
    assert is_ours(without(SNAPSHOT_ROW, "Tags"), "i-1") is False


@pytest.mark.parametrize("tags", [None, [], {}, {"Tag": ["a"]}, {"Tag": [{"TagKey": 5}]}], ids=str)
def test_unreadable_tags_of_a_snapshot_are_an_error(tags: object) -> None:
    with pytest.raises(Unavailable, match=r"^ECS returned an unreadable snapshot: "):
        is_ours({**SNAPSHOT_ROW, "Tags": tags}, "i-1")
