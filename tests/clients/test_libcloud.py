"""apache-libcloud's driver, unmodified: GET, XML answers, pages by number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.ecs.account.durations import NO_TIME
from local.ecs.account.model import LockReason, Status
from local.ecs.account.network import default_group_id, default_vswitch_id
from local.ecs.clock import RealClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from local.ecs.server import LocalEcs
from tests.clients.adapters import Key, needs

FLEET = Fleet(
    (
        *(InstanceSpec(name=f"web-{number}") for number in range(23)),
        InstanceSpec(name="归档", status=Status.STOPPED, has_eip=True, has_public_ip=True),
        InstanceSpec(name="locked", locks=(LockReason.FINANCIAL,), data_disks=(DiskSpec(),)),
        InstanceSpec(name="far", region="cn-beijing"),
    )
)
LOCAL = Key()
OPTIONS = Options(build=lambda: Ecs(FLEET, RealClock(), durations=NO_TIME))


@pytest.fixture
def ecs() -> Iterator[LocalEcs]:
    with LocalEcs(Emulator(OPTIONS)) as running:
        yield running


def driver(ecs: LocalEcs, key: Key = LOCAL) -> Any:  # noqa: ANN401  # libcloud's types are no use
    compute = needs("libcloud.compute.providers")
    types = needs("libcloud.compute.types")
    url = urlsplit(ecs.url)
    driver_class = compute.get_driver(types.Provider.ALIYUN_ECS)
    return driver_class(
        key.id, key.secret, region="cn-hangzhou", secure=False, host=url.hostname, port=url.port
    )


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch, ecs: LocalEcs) -> None:  # noqa: ARG001  # installed first
    """The driver asks every three seconds; here all is over at once."""
    module = needs("libcloud.compute.drivers.ecs")
    monkeypatch.setattr(module.time, "sleep", lambda _: None)


def test_every_page_of_a_list_is_read(ecs: LocalEcs) -> None:
    names = [node.name for node in driver(ecs).list_nodes()]

    assert names == [each.name for each in ecs.engine.instances("cn-hangzhou")]


def test_what_xml_nests_is_read_where_it_stands(ecs: LocalEcs) -> None:
    nodes = {node.name: node for node in driver(ecs).list_nodes()}
    archive, web = nodes["归档"], nodes["web-0"]
    instance = ecs.engine.instance(archive.id)

    assert (web.state, archive.state) == ("running", "stopped")
    assert archive.public_ips == [instance.public_ip, instance.eip]
    assert len(web.private_ips) == 1
    assert web.extra["vpc_attributes"]["private_ip_address"] == web.private_ips[0]
    assert archive.extra["eip_address"]["ip_address"] == instance.eip
    assert web.extra["instance_charge_type"] == "PostPaid"


def test_a_node_is_created_rebooted_stopped_started_and_destroyed(ecs: LocalEcs) -> None:
    made = driver(ecs)
    image = SimpleNamespace(id="aliyun_3_x64_20G_alibase_20260815.vhd")
    size = SimpleNamespace(id="ecs.g7.large")

    node = made.create_node(
        "runner-1",
        size,
        image,
        ex_security_group_id=default_group_id("cn-hangzhou"),
        ex_vswitch_id=default_vswitch_id("cn-hangzhou", "cn-hangzhou-h"),
    )
    seen = [ecs.engine.instance(node.id).status]
    for change in (made.reboot_node, made.stop_node, made.start_node):
        assert change(node)
        seen.append(ecs.engine.instance(node.id).status)
    made.destroy_node(node)

    assert seen == [Status.RUNNING, Status.RUNNING, Status.STOPPED, Status.RUNNING]
    assert node.id not in {each.instance_id for each in ecs.engine.instances()}


def test_a_volume_is_listed_and_snapshotted(ecs: LocalEcs) -> None:
    made = driver(ecs)
    locked = next(node for node in made.list_nodes() if node.name == "locked")
    volumes = made.list_volumes(ex_filters={"InstanceId": locked.id})

    snapshot = made.create_volume_snapshot(volumes[0], name="before-release")
    (found,) = made.list_volume_snapshots(volumes[0])

    assert [volume.extra["type"] for volume in volumes] == ["system", "data"]
    assert [volume.size for volume in volumes] == [
        disk.size_gib for disk in ecs.engine.disks(locked.id)
    ]
    assert (found.id, found.extra["snapshot_name"]) == (snapshot.id, "before-release")
    assert found.extra["source_disk_size"] == volumes[0].size


def test_regions_are_its_locations(ecs: LocalEcs) -> None:
    assert "cn-hangzhou" in {location.id for location in driver(ecs).list_locations()}


def test_what_ecs_refuses_is_an_error_with_ecss_code(ecs: LocalEcs) -> None:
    made = driver(ecs)
    node = made.list_nodes()[0]
    ecs.engine.protect(node.id)

    with pytest.raises(Exception, match=r"InvalidOperation\.DeletionProtection"):
        made.destroy_node(node)
    with pytest.raises(Exception, match=r"InvalidInstanceId\.NotFound"):
        made.start_node(SimpleNamespace(id="i-nobody"))
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        driver(ecs, Key(secret="wrong")).list_nodes()


def test_a_clock_that_is_wrong_is_refused(ecs: LocalEcs) -> None:
    ecs.emulator.wire._wall_clock = lambda: RealClock().now() + timedelta(minutes=16)  # noqa: SLF001  # the one way to be elsewhere in time

    with pytest.raises(Exception, match=r"InvalidTimeStamp\.Expired"):
        driver(ecs).list_nodes()
