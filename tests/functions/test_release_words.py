"""What release says of an instance: its whole way in a dry run, what it leaves behind."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from functions.release import ReleaseRule
from shared.domain.instance import Disk, Snapshot, SnapshotStatus, Status
from shared.domain.steps import (
    Done,
    Skip,
    Stop,
)
from tests.functions.release_rule_cases import BASE, BOOLS, NOW, disk, rule_of

KEPT_DISK = Disk("d-9", "cloud_essd", deleted_with_instance=False)
TWO_DISKS = (disk(0, "none"), disk(1, "none"))

UNSEEN = "ECS shows none of its disks: their data is lost, but for those that outlive it"


@pytest.mark.parametrize(
    ("fields", "rule", "way"),
    [
        pytest.param(
            {"disks": TWO_DISKS},
            rule_of(),
            "stop, snapshot 2 disks (7 days), release",
            id="running",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"),)},
            rule_of(force=True, days=1),
            "power off, snapshot 1 disk (1 day), release",
            id="by-force-and-snapshots-of-before-do-not-count",
        ),
        pytest.param(
            {"disks": (*TWO_DISKS, KEPT_DISK)},
            rule_of(snapshot=False),
            "stop, release; the data of 2 disks is lost: d-0, d-1; disk d-9 stays and is billed",
            id="without-snapshot",
        ),
        pytest.param(
            {"disks": ()},
            rule_of(force=True, snapshot=False),
            f"release by force; {UNSEEN}",
            id="by-force-without-snapshot",
        ),
        pytest.param(
            {"disks": (), "status": Status.STOPPED},
            rule_of(force=True, snapshot=False),
            f"release by force; {UNSEEN}",
            id="stopped-by-force-without-snapshot",
        ),
        pytest.param(
            {"disks": (*TWO_DISKS, KEPT_DISK), "elastic_ip": "eip-1", "eip": "203.0.113.7"},
            rule_of(),
            "stop, snapshot 3 disks (7 days), release; disk d-9, EIP 203.0.113.7 stay and are "
            "billed",
            id="what-stays-is-billed",
        ),
        pytest.param(
            {"disks": (KEPT_DISK,), "status": Status.STOPPED},
            rule_of(snapshot=False),
            "release; disk d-9 stays and is billed",
            id="what-stays-without-snapshot",
        ),
        pytest.param(
            {"disks": (), "elastic_ip": "eip-1"},
            rule_of(snapshot=False),
            f"stop, release; {UNSEEN}; EIP eip-1 stays and is billed",
            id="an-eip-whose-address-is-not-shown",
        ),
        pytest.param(
            {"disks": (), "eip": "203.0.113.7"},
            rule_of(snapshot=False),
            f"stop, release; {UNSEEN}; EIP 203.0.113.7 stays and is billed",
            id="an-eip-whose-id-is-not-shown",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STARTING},
            rule_of(),
            "wait: Starting, stop, snapshot 2 disks (7 days), release",
            id="starting",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STOPPING},
            rule_of(force=True),
            "wait: Stopping, snapshot 2 disks (7 days), release",
            id="stopping",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STOPPED},
            rule_of(),
            "snapshot 2 disks (7 days), release",
            id="stopped",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"), disk(1, "none")), "status": Status.STOPPED},
            rule_of(),
            "snapshot 1 disk (7 days), release",
            id="one-is-saved",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STOPPED, "started_at": NOW},
            rule_of(),
            "snapshot 2 disks (7 days), release",
            id="started-in-this-minute",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"), disk(1, "progressing")), "status": Status.STOPPED},
            rule_of(),
            "wait for its snapshots, release",
            id="in-progress",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"),), "status": Status.STOPPED},
            rule_of(),
            "release",
            id="all-is-saved",
        ),
        pytest.param({"status": Status.GONE}, rule_of(), "gone", id="gone"),
    ],
)
def test_a_dry_run_tells_the_whole_way(fields: dict[str, Any], rule: ReleaseRule, way: str) -> None:
    assert rule.way(replace(BASE, **fields), NOW) == way


@pytest.mark.parametrize(
    ("category", "is_local"),
    [
        ("cloud", False),
        ("cloud_efficiency", False),
        ("cloud_essd_entry", False),
        ("", False),
        ("local_ssd_pro", True),
        ("ephemeral_ssd", True),
    ],
)
@pytest.mark.parametrize("force", BOOLS)
def test_what_cannot_be_snapshotted_is_not_even_stopped(
    category: str,
    is_local: bool,  # noqa: FBT001  # a column of the table
    force: bool,  # noqa: FBT001  # likewise
) -> None:
    disks = (disk(0, "accomplished"), disk(1, "accomplished", category))
    skip = Skip(
        f"disk d-1 ({category}) cannot be snapshotted; set snapshot to false to release it without "
        "one"
    )

    for status in set(Status) - {Status.GONE}:
        one = replace(BASE, status=status, disks=disks)
        kept = rule_of(force=force).next_step(one, NOW)
        lost = rule_of(force=force, snapshot=False).next_step(one, NOW)
        assert (kept == skip) is is_local
        assert not isinstance(lost, Skip)


@pytest.mark.parametrize("disks", [None, (), (disk(0, "accomplished"),)], ids=["?", "0", "1"])
def test_what_the_host_stores_cannot_be_snapshotted_though_no_disk_shows_it(
    disks: tuple[Disk, ...] | None,
) -> None:
    one = replace(BASE, disks=disks, has_local_disks=True)

    assert rule_of().next_step(one, NOW) == Skip(
        "the local storage of its host cannot be snapshotted; set snapshot to false to release it "
        "without one"
    )
    assert rule_of(snapshot=False).next_step(one, NOW) == Stop(force=False)


def test_what_a_released_instance_leaves_behind_is_told() -> None:
    for_ever = Snapshot("s-4", "d-3", SnapshotStatus.ACCOMPLISHED, NOW, None)
    gone = replace(
        BASE,
        status=Status.GONE,
        elastic_ip="eip-1",
        eip="203.0.113.7",
        disks=(
            KEPT_DISK,
            disk(0, "accomplished"),
            disk(1, "failed"),
            disk(2, "progressing"),
            replace(disk(3, "none"), snapshots=(for_ever,)),
        ),
    )

    assert rule_of(days=30).next_step(gone, NOW) == Done(
        "gone; still billed: disk d-9, EIP 203.0.113.7, "
        "snapshot s-1 (until 2026-12-01T17:01:00+08:00), "
        "snapshot s-4 (kept until somebody deletes it)"
    )
