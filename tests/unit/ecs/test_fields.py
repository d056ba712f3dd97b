"""ECS's answers read into our words: strictly where a guard depends on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.errors import Unavailable
from shared.domain.instance import Instance, Status, StoppedMode
from shared.ecs.fields import (
    listed,
    read_instance,
    read_status,
    read_tag,
    rows,
)
from tests.unit.ecs.rows import NOW, without

ROW: Mapping[str, object] = {
    "InstanceId": "i-bp1example",
    "InstanceName": "ci-runner-7",
    "InstanceType": "ecs.g7.large",
    "InstanceChargeType": "PostPaid",
    "Status": "Stopped",
    "StoppedMode": "StopCharging",
    "CreationTime": "2026-10-01T00:00Z",
    "StartTime": "2026-11-24T01:30Z",
    "AutoReleaseTime": "2026-11-25T12:00Z",
    "DeletionProtection": False,
    "OperationLocks": {"LockReason": [{"LockMsg": "", "LockReason": "financial"}]},
    "Tags": {"Tag": [{"TagKey": "team", "TagValue": "dev"}, {"TagKey": "env", "TagValue": ""}]},
    "EipAddress": {"AllocationId": "eip-1", "IpAddress": "203.0.113.7"},
    "PublicIpAddress": {"IpAddress": ["203.0.113.8"]},
}
READ = Instance(
    id="i-bp1example",
    region="cn-hangzhou",
    seen_at=NOW,
    status=Status.STOPPED,
    name="ci-runner-7",
    instance_type="ecs.g7.large",
    charge_type="PostPaid",
    stopped_mode=StoppedMode.STOP_CHARGING,
    started_at=datetime(2026, 11, 24, 1, 30, tzinfo=timezone.utc),
    auto_release_at=datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc),
    deletion_protection=False,
    locks=("financial",),
    tags={"team": "dev", "env": ""},
    elastic_ip="eip-1",
    eip="203.0.113.7",
    public_ip="203.0.113.8",
    created_at=datetime(2026, 10, 1, tzinfo=timezone.utc),
)


def read(row: Mapping[str, object]) -> Instance:
    return read_instance(row, "cn-hangzhou", NOW)


def test_an_instance_is_read_whole() -> None:
    assert read(ROW) == READ


def test_an_instance_that_cannot_be_read_says_why() -> None:
    with pytest.raises(Unavailable, match="InstanceId is 5"):
        read({**ROW, "InstanceId": 5})


def test_the_least_that_an_instance_may_be_is_protected() -> None:
    assert read({"InstanceId": "i-1", "Status": "Running"}) == Instance(
        id="i-1",
        region="cn-hangzhou",
        seen_at=NOW,
        status=Status.RUNNING,
        deletion_protection=True,
        locks=("unknown",),
    )


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        pytest.param({"Status": "Pending"}, "status", Status.PENDING, id="pending"),
        pytest.param({"Status": "Starting"}, "status", Status.STARTING, id="starting"),
        pytest.param({"Status": "Stopping"}, "status", Status.STOPPING, id="stopping"),
        pytest.param({"Status": "Resting"}, "status", Status.UNKNOWN, id="undocumented-status"),
        pytest.param({"Status": "running"}, "status", Status.UNKNOWN, id="status-in-small-letters"),
        pytest.param({"Status": "Gone"}, "status", Status.UNKNOWN, id="our-own-word-is-not-ecss"),
        pytest.param(
            {"StoppedMode": "KeepCharging"},
            "stopped_mode",
            StoppedMode.KEEP_CHARGING,
            id="keep-charging",
        ),
        pytest.param(
            {"StoppedMode": "Other"}, "stopped_mode", StoppedMode.NOT_APPLICABLE, id="other-mode"
        ),
        pytest.param(
            {"StoppedMode": None}, "stopped_mode", StoppedMode.NOT_APPLICABLE, id="null-mode"
        ),
        pytest.param({"StoppedMode": []}, "stopped_mode", StoppedMode.NOT_APPLICABLE, id="no-mode"),
        pytest.param({"AutoReleaseTime": ""}, "auto_release_at", None, id="no-release-time"),
        pytest.param(
            {"AutoReleaseTime": "2026-11-25T12:00:00Z"},
            "auto_release_at",
            datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc),
            id="release-time-with-seconds",
        ),
        pytest.param(
            {"StartTime": ""},
            "last_start",
            datetime(2026, 10, 1, 0, 0, tzinfo=timezone.utc),
            id="never-started",
        ),
        pytest.param({"StartTime": ""}, "started_at", None, id="no-start"),
        pytest.param({"StartTime": "", "CreationTime": ""}, "last_start", None, id="no-time"),
        pytest.param({"DeletionProtection": True}, "deletion_protection", True, id="protected"),
        pytest.param({"DeletionProtection": None}, "deletion_protection", True, id="null"),
        pytest.param({"DeletionProtection": "false"}, "deletion_protection", True, id="text"),
        pytest.param({"DeletionProtection": 0}, "deletion_protection", True, id="number"),
        pytest.param({"OperationLocks": {"LockReason": []}}, "locks", (), id="no-lock"),
        pytest.param(
            {"OperationLocks": {"LockReason": [{"LockReason": "security"}, {"LockReason": ""}]}},
            "locks",
            ("security", "unknown"),
            id="a-lock-without-a-reason-is-a-lock",
        ),
        pytest.param(
            {"OperationLocks": {"LockReason": [{"LockMsg": "?"}]}},
            "locks",
            ("unknown",),
            id="a-lock-that-says-nothing-is-a-lock",
        ),
        pytest.param({"Tags": {"Tag": []}}, "tags", {}, id="an-empty-list-of-tags"),
        pytest.param(
            {"Tags": {"Tag": [{"TagKey": "curfew:protect"}]}},
            "tags",
            {"curfew:protect": ""},
            id="a-tag-without-a-value",
        ),
        pytest.param({"EipAddress": {}}, "elastic_ip", "", id="no-eip"),
        pytest.param({"EipAddress": {"AllocationId": ""}}, "elastic_ip", "", id="empty-eip"),
        pytest.param({"EipAddress": {}}, "eip", "", id="no-eip-no-address"),
        pytest.param({"PublicIpAddress": {}}, "public_ip", "", id="no-list-of-addresses"),
        pytest.param({"PublicIpAddress": {"IpAddress": []}}, "public_ip", "", id="no-address"),
        pytest.param({"LocalStorageAmount": 0}, "has_local_disks", False, id="no-local-disk"),
        pytest.param({"LocalStorageAmount": "0"}, "has_local_disks", False, id="none-as-text"),
        pytest.param({"LocalStorageAmount": 1}, "has_local_disks", True, id="a-local-disk"),
        pytest.param({"LocalStorageCapacity": 894}, "has_local_disks", True, id="local-capacity"),
        pytest.param({"InstanceName": ""}, "name", "", id="no-name"),
        pytest.param({"InstanceChargeType": ""}, "charge_type", "", id="no-charge-type"),
    ],
)
def test_each_field_is_read_in_our_words(
    changes: Mapping[str, object], field: str, value: object
) -> None:
    assert getattr(read({**ROW, **changes}), field) == value


@pytest.mark.parametrize(
    ("field", "attribute", "value"),
    [
        ("Tags", "tags", {}),
        ("DeletionProtection", "deletion_protection", True),
        ("OperationLocks", "locks", ("unknown",)),
        ("InstanceChargeType", "charge_type", ""),
        ("StoppedMode", "stopped_mode", StoppedMode.NOT_APPLICABLE),
        ("AutoReleaseTime", "auto_release_at", None),
        ("EipAddress", "elastic_ip", ""),
        ("EipAddress", "eip", ""),
        ("PublicIpAddress", "public_ip", ""),
        ("CreationTime", "created_at", None),
    ],
)
def test_a_field_that_is_missing_is_read_on_the_safe_side(
    field: str, attribute: str, value: object
) -> None:
    assert getattr(read(without(ROW, field)), attribute) == value


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(without(ROW, "InstanceId"), id="no-id"),
        pytest.param({**ROW, "InstanceId": ""}, id="empty-id"),
        pytest.param({**ROW, "InstanceId": 5}, id="id-no-text"),
        pytest.param(without(ROW, "Status"), id="no-status"),
        pytest.param({**ROW, "Status": None}, id="null-status"),
        pytest.param({**ROW, "InstanceName": 5}, id="name-no-text"),
        pytest.param({**ROW, "InstanceChargeType": ["PostPaid"]}, id="charge-type-no-text"),
        pytest.param({**ROW, "AutoReleaseTime": "soon"}, id="release-time-no-time"),
        pytest.param({**ROW, "AutoReleaseTime": 1795521600}, id="release-time-no-text"),
        pytest.param({**ROW, "StartTime": "2026-11-24"}, id="start-no-time"),
        pytest.param({**ROW, "OperationLocks": None}, id="locks-null"),
        pytest.param({**ROW, "OperationLocks": {}}, id="locks-empty"),
        pytest.param({**ROW, "OperationLocks": {"LockReason": "financial"}}, id="locks-no-list"),
        pytest.param(
            {**ROW, "OperationLocks": {"LockReason": [{"LockReason": 5}]}}, id="lock-no-text"
        ),
        pytest.param({**ROW, "OperationLocks": {"LockReason": ""}}, id="locks-empty-text"),
        pytest.param({**ROW, "OperationLocks": {"LockReason": {}}}, id="locks-empty-object"),
        pytest.param({**ROW, "Tags": {"Tag": ""}}, id="tags-empty-text"),
        pytest.param({**ROW, "Tags": {"Tag": {}}}, id="tags-empty-object"),
        pytest.param({**ROW, "Tags": None}, id="tags-null"),
        pytest.param({**ROW, "Tags": []}, id="tags-no-object"),
        pytest.param({**ROW, "Tags": {}}, id="tags-empty"),
        pytest.param({**ROW, "Tags": {"Tag": {"TagKey": "a"}}}, id="tags-no-list"),
        pytest.param({**ROW, "Tags": {"Tag": [{"TagValue": "x"}]}}, id="tag-without-key"),
        pytest.param({**ROW, "Tags": {"Tag": [{"TagKey": 5}]}}, id="tag-key-no-text"),
        pytest.param(
            {**ROW, "Tags": {"Tag": [{"TagKey": "curfew:keep-until", "TagValue": 5}]}},
            id="tag-value-no-text",
        ),
        pytest.param({**ROW, "EipAddress": "203.0.113.7"}, id="eip-no-object"),
        pytest.param({**ROW, "PublicIpAddress": {"IpAddress": 5}}, id="addresses-no-list"),
        pytest.param({**ROW, "PublicIpAddress": {"IpAddress": [5]}}, id="address-no-text"),
        pytest.param({**ROW, "LocalStorageAmount": "some"}, id="local-disks-no-number"),
    ],
)
def test_an_instance_in_another_shape_is_an_error_and_never_unprotected(
    row: Mapping[str, object],
) -> None:
    with pytest.raises(Unavailable, match=r"^ECS returned an unreadable instance: ") as caught:
        read(row)

    assert len(str(caught.value)) <= 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(ROW)), JSON)
def test_no_answer_is_misread_or_breaks_the_reader(field: str, value: object) -> None:
    try:
        instance = read({**ROW, field: value})
    except Unavailable:
        return

    assert all(isinstance(lock, str) for lock in instance.locks)
    assert all(isinstance(part, str) for tag in instance.tags.items() for part in tag)
    assert isinstance(instance.name, str)
    protected = field == "DeletionProtection" and value is not False
    assert instance.deletion_protection is protected


def test_the_rows_of_an_answer_are_unwrapped() -> None:
    assert rows({"Instances": {"Instance": [ROW]}}, "Instances", "Instance") == [ROW]
    assert rows({"Instances": {"Instance": []}}, "Instances", "Instance") == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Instances": None},
        {"Instances": []},
        {"Instances": {}},
        {"Instances": {"Instance": None}},
        {"Instances": {"Instance": {}}},
        {"Instances": {"Instance": "i-1"}},
        {"Instances": {"Instance": ["i-1"]}},
        {"Instances": {"Instance": [ROW, None]}},
        {"Disks": {"Disk": []}},
    ],
    ids=str,
)
def test_an_answer_without_its_rows_is_an_error_and_never_nothing(
    answer: Mapping[str, object],
) -> None:
    with pytest.raises(Unavailable) as caught:
        rows(answer, "Instances", "Instance")

    assert str(caught.value) == "ECS's response lacks Instances.Instance"


@pytest.mark.parametrize(
    ("row", "tag"),
    [
        (
            {"ResourceId": "i-1", "TagKey": "team", "TagValue": "dev", "ResourceType": "instance"},
            ("i-1", "team", "dev"),
        ),
        ({"ResourceId": "i-1", "TagKey": "team", "TagValue": ""}, ("i-1", "team", "")),
        ({"ResourceId": "i-1", "TagKey": "team"}, ("i-1", "team", "")),
    ],
    ids=["value", "empty-value", "no-value"],
)
def test_a_listed_tag_is_read(row: Mapping[str, object], tag: tuple[str, str, str]) -> None:
    assert read_tag(row) == tag


@pytest.mark.parametrize(
    "row",
    [
        {"TagKey": "team", "TagValue": "dev"},
        {"ResourceId": "i-1", "TagValue": "dev"},
        {"ResourceId": "i-1", "TagKey": ""},
        {"ResourceId": "i-1", "TagKey": "team", "TagValue": 5},
    ],
    ids=["no-id", "no-key", "empty-key", "value-no-text"],
)
def test_a_listed_tag_in_another_shape_is_an_error(row: Mapping[str, object]) -> None:
    with pytest.raises(Unavailable, match=r"^ECS returned an unreadable tag: "):
        read_tag(row)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Stopping", Status.STOPPING),
        ("", Status.UNKNOWN),
        (None, Status.UNKNOWN),
        (5, Status.UNKNOWN),
    ],
)
def test_the_status_after_a_call_is_read_or_unknown(text: object, status: Status) -> None:
    assert read_status(text) is status


def test_a_list_goes_over_the_wire_numbered_from_one() -> None:
    assert listed("InstanceId", ["i-a", "i-b"]) == {"InstanceId.1": "i-a", "InstanceId.2": "i-b"}
    assert listed("InstanceId", []) == {}
