"""A region that ECS does not know, told apart from one that does not answer."""

from __future__ import annotations

import pytest

from shared.base.errors import Unavailable
from shared.ecs.transport import ErrorResponse, NoResponse
from tests.unit.ecs.scripted import make


@pytest.mark.parametrize(
    ("region", "hint"),
    [
        ("cn-hangzou", "Did you mean cn-hangzhou?"),
        ("hongkong", "Did you mean cn-hongkong?"),
        ("mars", "Region ids look like cn-hangzhou."),
        *(
            (region, "There is such a region; perhaps this account or endpoint does not have it.")
            for region in ("cn-heyuan", "cn-hangzhou-finance", "cn-north-2-gov-1")
        ),
    ],
)
def test_a_region_that_ecs_does_not_know_is_told_with_the_nearest(region: str, hint: str) -> None:
    refusal = ErrorResponse(
        404, "InvalidRegionId.NotFound", "The specified RegionId does not exist."
    )
    api, script = make(refusal, region=region)

    with pytest.raises(Unavailable) as caught:
        api.read("DescribeInstances", {})

    assert caught.value.unknown_region
    assert str(caught.value) == (
        f"{region} is not a region that ECS knows (InvalidRegionId.NotFound). {hint}"
    )
    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("region", "unknown", "tries"),
    [("cn-hangzou", True, 1), ("cn-hangzhou", False, 5), ("cn-shanghai-finance-1", False, 5)],
    ids=["not-listed", "listed", "of-finance-cloud"],
)
def test_no_host_of_that_name_means_no_such_region_unless_there_is_one(
    region: str,
    unknown: bool,  # noqa: FBT001  # a table's column
    tries: int,
) -> None:
    api, script = make(NoResponse("no host of that name", unresolved=True), region=region)

    with pytest.raises(Unavailable, match="no host of that name") as caught:
        api.read("DescribeInstances", {})

    assert caught.value.unknown_region is unknown
    assert len(script.sent) == tries


def test_another_failure_of_an_unlisted_region_does_not_make_it_unknown() -> None:
    api, script = make(NoResponse("no connection"), region="cn-newcity")

    with pytest.raises(Unavailable) as caught:
        api.read("DescribeInstances", {})

    assert not caught.value.unknown_region
    assert len(script.sent) == 5
