"""Fleet files: what they may say, and that whatever is wrong is told by its place."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from textwrap import dedent

import pytest

from local.ecs.account.model import ChargeType, LockReason, Status, StoppedMode
from local.ecs.clock import ManualClock
from local.ecs.engine import Ecs
from local.ecs.fleet import fleet_file
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from local.ecs.fleet.fleet_file import FleetFileError, read_fleet
from local.ecs.ram.caller import Caller

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fleet.yaml"


def read(path: Path, text: str) -> Fleet:
    path.write_text(dedent(text), encoding="utf-8")
    return read_fleet(path, NOW)


def test_the_example_of_the_documentation_is_a_fleet(path: Path) -> None:
    _, _, example = (fleet_file.__doc__ or "").partition("\n\n")

    fleet = read(path, example.partition("\n\nThe fields")[0])

    runner = {"tags": {"purpose": "ci-runner"}, "created_at": NOW - HOUR}
    assert fleet == Fleet(
        (
            InstanceSpec(
                name="web-1",
                region="cn-shanghai",
                instance_type="ecs.c7.xlarge",
                tags={"team": "dev"},
                data_disks=(DiskSpec(size_gib=200, delete_with_instance=False),),
            ),
            *(
                InstanceSpec(name=f"runner-{n}", auto_release_at=NOW + 2 * HOUR, **runner)  # type: ignore[arg-type]  # two kinds of values
                for n in (1, 2, 3)
            ),
            InstanceSpec(
                name="prod-db",
                charge_type=ChargeType.PRE_PAID,
                status=Status.STOPPED,
                locks=(LockReason.FINANCIAL,),
            ),
        ),
        StoppedMode.STOP_CHARGING,
    )
    assert len(Ecs(fleet, ManualClock(NOW)).instances()) == 5


def test_json_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "fleet.json"
    path.write_text('{"instances": [\n\t{"name": "a", "created_at": "2026-01-01T08:00:00+08:00"}]}')

    fleet = read_fleet(path, NOW)

    created_at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert fleet == Fleet((InstanceSpec(name="a", created_at=created_at),))


def test_a_time_of_yaml_stays_text_and_is_read_with_its_zone(path: Path) -> None:
    fleet = read(path, "instances: [{auto_release_at: 2026-11-24T21:00:00+08:00}]")

    assert fleet.instances[0].auto_release_at == NOW + HOUR


def test_an_instance_may_be_of_later_than_now(path: Path) -> None:
    fleet = read(path, "instances: [{name: later, created_at: +1h}]")
    parameters = {"RegionId": "cn-hangzhou"}

    answer = Ecs(fleet, ManualClock(NOW)).call("DescribeInstances", parameters, Caller())

    (entry,) = answer["Instances"]["Instance"]
    assert entry["CreationTime"] == f"{NOW + HOUR:%Y-%m-%dT%H:%MZ}"


def test_an_empty_list_is_an_empty_fleet(path: Path) -> None:
    assert read(path, "instances: []") == Fleet()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file: expected fields (name: value), not nothing"),
        ("- a", "the file: expected fields (name: value), not a list"),
        ("machines: []", "machines: there is no such field; there are default_stopped_mode, "),
        ("instances: {}", "instances: expected a list, not fields"),
        ("instances: [a]", "instances[0]: expected fields (name: value), not a string"),
        ("instances: [{}, {nmae: a}]", "instances[1].nmae: there is no such field"),
        ("instances: [{name: 5}]", "name: expected a string, not a whole number; put it in quotes"),
        ("instances: [{tag: {a: b}}]", "tag: there is no such field; did you mean tags?"),
        ("instances: [{status: Idle}]", "instances[0].status: 'Idle' is invalid: there are Pend"),
        (
            "instances: [{status: stoped}]",
            "instances[0].status: 'stoped' is invalid: did you mean Stopped? There are Pending, ",
        ),
        ("instances: [{locks: [financal]}]", "locks[0]: 'financal' is invalid: did you mean fin"),
        ("instances: [{tags: {a: 1}}]", "instances[0].tags[...]: expected a string, not a whole"),
        ("instances: [{region: mars}]", "instances[0]: region 'mars' is not known"),
        ("instances: [{data_disks: [{size: 1}]}]", "instances[0].data_disks[0].size: there is no"),
        ("instances: [{data_disks: 5}]", "data_disks: expected a list, not a whole number"),
        (
            "instances: [{system_disk: 5}]",
            "instances[0].system_disk: expected fields (name: value), not a",
        ),
        ("instances: [{count: 0}]", "instances[0].count: 0 is not a whole number from 1"),
        ("instances: [{count: 2, instance_id: i-a}]", "instances[0].instance_id: 2 instances"),
        ("instances: [{instance_id: i-a}, {instance_id: i-a}]", "instances: two of them are i-a"),
        (
            "instances: [{created_at: soon}]",
            "instances[0].created_at: 'soon' is not a time; write ",
        ),
        ("instances: [{created_at: 2026-01-01T00:00:00}]", "has no zone; write 2026-11-24T20:00"),
        ("default_stopped_mode: Idle", "default_stopped_mode: 'Idle' is invalid: there are Not-"),
        ("instances: [{name: a, name: b}]", "line 1, column 13: 'name' comes twice"),
        ("instances: [", "line 1, column 13: "),
        (
            "instances: [{count: !!int x}]",
            "line 1, column 21: it looks like a number but is not one",
        ),
        ("instances: [{count: !!timestamp x}]", "line 1, column 21: "),
        (f"instances: {'[' * 3_000}{']' * 3_000}", "the file: it is nested too deeply"),
        ("a: \x07", "the file: "),
    ],
)
def test_what_is_wrong_is_told_by_its_place(path: Path, text: str, said: str) -> None:
    with pytest.raises(FleetFileError) as caught:
        read(path, text)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"instances": [}', "line 1, column 16: "),
        ('{"instances": [], "instances": []}', "'instances' comes twice in one object"),
    ],
)
def test_what_is_wrong_in_json_is_told_by_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(text)

    with pytest.raises(FleetFileError) as caught:
        read_fleet(path, NOW)

    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None], ids=["not UTF-8", "no file"])
def test_a_file_that_cannot_be_read_is_told(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(FleetFileError, match=r"fleet\.yaml"):
        read_fleet(path, NOW)


@pytest.mark.parametrize("when", ["-999999d", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59+08:00"])
def test_a_time_that_no_calendar_of_today_has_is_told_by_its_place(path: Path, when: str) -> None:
    with pytest.raises(FleetFileError, match=r"instances\[0\]\.created_at: .* 1970 to 8999"):
        read(path, f"instances: [{{created_at: '{when}'}}]")


def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fleet.json"
    path.write_text("[" * 100_000)

    with pytest.raises(FleetFileError, match="nested too deeply"):
        read_fleet(path, NOW)


@pytest.mark.parametrize(
    ("disks", "said"),
    [
        ("{size_gib: 40}, " * 17, "cannot have more than 16 data disks"),
        ("{size_gib: 0}", "a disk cannot have 0 GiB"),
    ],
)
def test_disks_that_no_instance_has_are_refused(path: Path, disks: str, said: str) -> None:
    with pytest.raises(FleetFileError, match=f"instances\\[0\\].*{said}"):
        read(path, f"instances: [{{data_disks: [{disks}]}}]")
