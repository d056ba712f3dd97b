"""Images as they are listed."""

from __future__ import annotations

import pytest

from local.ecs.account.images import public_images
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import Desk

UBUNTU = "ubuntu_24_04_x64_20G_alibase_20260916.vhd"
WINDOWS = "win2022_21H2_x64_dtc_en-us_40G_alibase_20250817.vhd"


def images(desk: Desk, **given: str) -> list[str]:
    found = desk.ask("DescribeImages", PageSize="100", **given)["Images"]["Image"]
    return [each["ImageId"] for each in found]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"ImageId": UBUNTU}, [UBUNTU]),
        ({"ImageFamily": "acs:ubuntu_24_04_x64"}, [UBUNTU]),
        ({"ImageName": "ubuntu_24*"}, [UBUNTU]),
        ({"ImageId": WINDOWS, "OSType": "windows"}, [WINDOWS]),
        ({"ImageId": WINDOWS, "OSType": "linux"}, []),
        ({"ImageOwnerAlias": "self"}, []),
        ({"Architecture": "arm64"}, []),
        ({"InstanceType": "ecs.g8y.large"}, []),
        ({"Status": "Creating"}, []),
        ({"Tag.1.Key": "team"}, []),
    ],
    ids=str,
)
def test_images_are_listed_by_filters(given: dict[str, str], found: list[str]) -> None:
    assert images(Desk(), **given) == found


def test_public_images_are_in_every_region_and_come_in_pages() -> None:
    desk = Desk()

    first = desk.ask("DescribeImages", RegionId="na-south-1", PageSize="5", PageNumber="2")

    assert (first["TotalCount"], first["PageNumber"], first["RegionId"]) == (
        len(public_images()),
        2,
        "na-south-1",
    )
    assert [each["ImageId"] for each in first["Images"]["Image"]] == list(public_images())[5:10]


def test_an_image_says_whether_an_instance_was_made_from_it() -> None:
    desk = Desk(InstanceSpec("web", image_id=UBUNTU))

    (entry,) = desk.ask("DescribeImages", ImageId=UBUNTU)["Images"]["Image"]
    (other,) = desk.ask("DescribeImages", ImageId=WINDOWS)["Images"]["Image"]

    assert (entry["Usage"], entry["OSType"], entry["Size"]) == ("instance", "linux", 20)
    assert (other["Usage"], other["Platform"]) == ("none", "Windows Server 2022")
    assert images(desk, Usage="instance") == [UBUNTU]
    assert UBUNTU not in images(desk, Usage="none")
    assert entry["CreationTime"] == "2026-09-16T00:00:00Z"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"ImageOwnerAlias": "nobody"}, (400, "InvalidImageOwnerAlias.ValueNotSupported")),
        ({"OSType": "plan9"}, (404, "InvalidOSType")),
        ({"Architecture": "vax"}, (404, "InvalidArchitecture")),
        ({"Usage": "maybe"}, (404, "InvalidUsage")),
        ({"InstanceType": "ecs.x"}, (400, "InvalidInstanceType.ValueNotSupported")),
        ({"Filter.1.Key": "CreationStartTime"}, (400, "UnsupportedParameter")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
    ids=str,
)
def test_a_wrong_question_about_images_is_refused(
    given: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert Desk().refusal("DescribeImages", **given) == refusal
