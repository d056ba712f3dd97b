"""What the catalogue says of a type beyond its row."""

from __future__ import annotations

import pytest

from local.ecs.account.catalog import INSTANCE_TYPES, SOLD_DISKS
from local.ecs.account.data import read_data


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ecs.g7.large", "ecs.g7"),
        ("ecs.t6-c1m1.large", "ecs.t6"),
        ("ecs.t5-lc2m1.nano", "ecs.t5"),
        ("ecs.e-c1m2.large", "ecs.e"),
        ("ecs.u1-c1m4.2xlarge", "ecs.u1"),
        ("ecs.gn6i-c4g1.xlarge", "ecs.gn6i"),
        ("ecs.ebmre6-6t.52xlarge", "ecs.ebmre6-6t"),
    ],
)
def test_a_family_has_no_size_and_no_ratio(name: str, family: str) -> None:
    assert INSTANCE_TYPES[name].family == family


def test_every_type_has_cores_memory_a_price_and_a_source() -> None:
    data = read_data("instance_types")

    assert len(INSTANCE_TYPES) == len(data["types"])
    assert {row[9] for row in data["types"]} == data["sources"].keys()
    for kind in INSTANCE_TYPES.values():
        assert min(kind.cpu, kind.memory_mib, kind.hourly) > 0, kind.name


def test_a_price_that_was_made_up_singly_stays() -> None:
    assert [INSTANCE_TYPES[name].hourly for name in ("ecs.g7.large", "ecs.c7.large")] == [
        0.67,
        0.52,
    ]
    assert INSTANCE_TYPES["ecs.g6.large"].hourly == pytest.approx(0.67, abs=0.01)


def test_arm_is_what_the_user_guide_has_under_arm() -> None:
    arm = {each.family for each in INSTANCE_TYPES.values() if each.architecture == "ARM"}

    assert arm == {"ecs.g8y", "ecs.c8y", "ecs.r8y"}


def test_local_disks_are_not_sold_singly() -> None:
    assert "cloud_essd" in SOLD_DISKS
    assert not any(each.startswith("local") for each in SOLD_DISKS)
