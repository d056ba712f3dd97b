"""Who may see a list, and how one is told that he may not."""

from __future__ import annotations

import pytest

from local.ecs.engine import Caller
from local.ecs.fleet import InstanceSpec
from local.ecs.quirks import Quirks
from tests.ecs.desk import Deny, Desk

LISTS = {
    "DescribeInstances": ({}, ("Instances", "Instance")),
    "DescribeInstanceStatus": ({}, ("InstanceStatuses", "InstanceStatus")),
    "DescribeDisks": ({}, ("Disks", "Disk")),
    "DescribeSnapshots": ({}, ("Snapshots", "Snapshot")),
    "DescribeSnapshotGroups": ({}, ("SnapshotGroups", "SnapshotGroup")),
    "DescribeRegions": ({}, ("Regions", "Region")),
    "ListTagResources": (
        {"ResourceType": "instance", "Tag.1.Key": "env"},
        ("TagResources", "TagResource"),
    ),
}
"""By name, what each list needs to be asked with, and where its answer has the rows."""
WITH_DRY_RUN = {"DescribeInstances", "DescribeDisks", "DescribeSnapshots"}
WEB = InstanceSpec("web", tags={"env": "dev"})
NOBODY = Caller(authorizer=Deny())


@pytest.mark.parametrize("action", LISTS)
def test_without_permission_a_list_is_empty_and_a_dry_run_says_so(action: str) -> None:
    desk = Desk(WEB)
    parameters, (outer, inner) = LISTS[action]

    assert desk.ask(action, NOBODY, **parameters)[outer] == {inner: []}
    assert desk.refusal(action, NOBODY, DryRun="true", **parameters) == (403, "Forbidden.RAM")
    assert desk.refusal(action, DryRun="true", **parameters) == (400, "DryRunOperation")


@pytest.mark.parametrize("action", sorted(LISTS.keys() - WITH_DRY_RUN))
def test_a_list_may_not_know_a_dry_run(action: str) -> None:
    desk = Desk(WEB, quirks=Quirks(undocumented_dry_run_is_known=False))
    parameters, (outer, _) = LISTS[action]

    assert outer in desk.ask(action, DryRun="true", **parameters)


@pytest.mark.parametrize("action", sorted(LISTS.keys() - {"DescribeInstances"}))
def test_a_list_may_be_refused_for_want_of_permission(action: str) -> None:
    desk = Desk(WEB, quirks=Quirks(denied_lists_are_refused=True))
    parameters, _ = LISTS[action]

    assert desk.refusal(action, NOBODY, **parameters) == (403, "Forbidden.RAM")
    assert desk.ask("DescribeInstances", NOBODY)["Instances"] == {"Instance": []}


def test_ram_is_asked_about_the_region_or_each_id() -> None:
    desk, deny = Desk(WEB), Deny()
    nobody = Caller("42", deny)

    desk.ask("DescribeInstances", nobody)
    desk.ask("DescribeInstances", nobody, InstanceIds='["i-1", "i-2"]')

    assert deny.asked == [
        ("ecs:DescribeInstances", "acs:ecs:cn-hangzhou:42:instance/*"),
        ("ecs:DescribeInstances", "acs:ecs:cn-hangzhou:42:instance/i-1"),
        ("ecs:DescribeInstances", "acs:ecs:cn-hangzhou:42:instance/i-2"),
    ]
