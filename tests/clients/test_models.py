"""The answers as alibabacloud_ecs20140526's own models have them: every type is the documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.ecs.clock import ManualClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet import DiskSpec, Fleet, InstanceSpec
from local.ecs.model import LockReason
from local.ecs.server import LocalEcs
from tests.clients.adapters import REGION, Key, python_v2_typed

SPEC = InstanceSpec(
    name="web-1",
    tags={"team": "dev"},
    locks=(LockReason.SECURITY,),
    data_disks=(DiskSpec(size_gib=100),),
    has_eip=True,
)


@pytest.fixture
def ecs() -> Iterator[LocalEcs]:
    with LocalEcs(Emulator(Options(build=lambda: Ecs(Fleet((SPEC,)), ManualClock())))) as running:
        yield running


def ask(ecs: LocalEcs, operation: str, **parameters: object) -> Any:  # noqa: ANN401  # the SDK's model
    return python_v2_typed(ecs.url, Key(), operation, {"RegionId": REGION, **parameters})


def test_an_instance_is_typed_down_to_its_leaves(ecs: LocalEcs) -> None:
    body = ask(ecs, "DescribeInstances", MaxResults=10)
    (instance,) = body.instances.instance

    assert (body.next_token, body.page_size) == ("", 10)
    assert type(instance.cpu) is type(instance.memory) is type(instance.gpuamount) is int
    assert instance.deletion_protection is instance.recyclable is False
    assert instance.io_optimized is True
    assert instance.auto_release_time == ""
    assert instance.operation_locks.lock_reason[0].lock_reason == "security"
    assert (instance.tags.tag[0].tag_key, instance.tags.tag[0].tag_value) == ("team", "dev")
    assert instance.eip_address.ip_address
    (interface,) = instance.network_interfaces.network_interface
    assert interface.primary_ip_address in instance.vpc_attributes.private_ip_address.ip_address


def test_disks_snapshots_and_prices_are_typed(ecs: LocalEcs) -> None:
    (one,) = ecs.engine.instances()
    ecs.engine.lock(one.instance_id)
    disks = ask(ecs, "DescribeDisks", MaxResults=10).disks.disk
    ask(ecs, "CreateSnapshot", DiskId=disks[0].disk_id)
    (snapshot,) = ask(ecs, "DescribeSnapshots").snapshots.snapshot
    price = ask(ecs, "DescribePrice", ResourceType="instance", InstanceType="ecs.g7.large")

    assert [(disk.size, disk.delete_with_instance) for disk in disks] == [(40, True), (100, True)]
    assert disks[0].attachments.attachment[0].instance_id == disks[0].instance_id
    assert (snapshot.progress, snapshot.available, snapshot.remain_time > 0) == ("0%", False, True)
    assert price.price_info.price.currency == "CNY"
    assert price.price_info.price.trade_price > 0


def test_the_members_of_a_batch_are_typed(ecs: LocalEcs) -> None:
    (one,) = [each.instance_id for each in ecs.engine.instances()]
    ecs.engine.lock(one)

    (member,) = ask(ecs, "StopInstances", InstanceId=[one]).instance_responses.instance_response

    assert (member.instance_id, str(member.code)) == (one, "200")
    assert (member.previous_status, member.current_status) == ("Running", "Stopping")
