"""Who may see a list, and how one is told that he may not."""

from __future__ import annotations

from base64 import b64decode

import pytest

from local.ecs.account.quirks import Quirks
from local.ecs.engine import Caller
from local.ecs.errors import DeniedError
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.ram.policy import Policy
from tests.harness.desk import Deny, Desk

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
REFUSED = {"DescribeInstances", "DescribeDisks"}
WITH_DRY_RUN = {"DescribeInstances", "DescribeDisks", "DescribeSnapshots"}
WEB = InstanceSpec("web", tags={"env": "dev"})
NOBODY = Caller(authorizer=Deny())
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ALLOW_STOP = {"Effect": "Allow", "Action": "ecs:Stop*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "ecs:Describe*", "Resource": "*"}


@pytest.mark.parametrize("action", LISTS)
def test_without_permission_a_list_is_empty_and_a_dry_run_says_so(action: str) -> None:
    desk = Desk(WEB, quirks=Quirks(denied_describe_is_empty=True))
    parameters, (outer, inner) = LISTS[action]

    assert desk.ask(action, NOBODY, **parameters)[outer] == {inner: []}
    assert desk.refusal(action, NOBODY, DryRun="true", **parameters) == (403, "Forbidden.RAM")
    assert desk.refusal(action, DryRun="true", **parameters) == (400, "DryRunOperation")


@pytest.mark.parametrize("action", LISTS)
def test_without_permission_only_instances_and_disks_are_refused(action: str) -> None:
    desk = Desk(WEB)
    parameters, (outer, inner) = LISTS[action]

    if action in REFUSED:
        assert desk.refusal(action, NOBODY, **parameters) == (403, "Forbidden.RAM")
    else:
        assert desk.ask(action, NOBODY, **parameters)[outer] == {inner: []}
    assert desk.refusal(action, NOBODY, DryRun="true", **parameters) == (403, "Forbidden.RAM")
    assert desk.refusal(action, DryRun="true", **parameters) == (400, "DryRunOperation")


@pytest.mark.parametrize("dry_run", ["true", "false"])
@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        pytest.param([ALLOW_STOP], "ImplicitDeny", id="allowed by none"),
        pytest.param([ALLOW_ALL, DENY], "ExplicitDeny", id="denied by one"),
        pytest.param([ALLOW_STOP, DENY], "ExplicitDeny", id="both"),
    ],
)
@pytest.mark.parametrize("action", sorted(REFUSED))
def test_a_refused_list_says_in_detail_who_was_denied_what(
    action: str, statements: list[dict[str, str]], kind: str, dry_run: str
) -> None:
    desk = Desk(WEB)
    policy = Policy({"Version": "1", "Statement": statements})
    caller = Caller("42", policy, principal_type="SubUser", principal="2000")

    with pytest.raises(DeniedError) as caught:
        desk.ask(action, caller, DryRun=dry_run)

    detail = dict(caught.value.detail)
    assert b64decode(detail.pop("EncodedDiagnosticMessage"))
    assert detail == {
        "AuthAction": f"ecs:{action}",
        "AuthPrincipalType": "SubUser",
        "AuthPrincipalDisplayName": "2000",
        "AuthPrincipalOwnerId": "42",
        "NoPermissionType": kind,
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }


@pytest.mark.parametrize("action", sorted(LISTS.keys() - WITH_DRY_RUN))
def test_a_list_may_not_know_a_dry_run(action: str) -> None:
    desk = Desk(WEB, quirks=Quirks(undocumented_dry_run_is_known=False))
    parameters, (outer, _) = LISTS[action]

    assert outer in desk.ask(action, DryRun="true", **parameters)


@pytest.mark.parametrize("action", sorted(LISTS.keys() - REFUSED))
def test_a_list_may_be_refused_for_want_of_permission(action: str) -> None:
    quirks = Quirks(denied_lists_are_refused=True, denied_describe_is_empty=True)
    desk = Desk(WEB, quirks=quirks)
    parameters, _ = LISTS[action]

    assert desk.refusal(action, NOBODY, **parameters) == (403, "Forbidden.RAM")
    assert desk.ask("DescribeInstances", NOBODY)["Instances"] == {"Instance": []}
    assert desk.ask("DescribeDisks", NOBODY)["Disks"] == {"Disk": []}


@pytest.mark.parametrize("by_quirk", [True, False])
@pytest.mark.parametrize("by_caller", [True, False])
def test_whose_lists_are_empty_can_be_said_of_one_caller(
    *, by_quirk: bool, by_caller: bool
) -> None:
    desk = Desk(WEB, quirks=Quirks(denied_describe_is_empty=by_quirk))
    caller = Caller(authorizer=Deny(), denied_is_empty=by_caller)

    if by_caller:
        assert desk.ask("DescribeInstances", caller)["Instances"] == {"Instance": []}
    else:
        assert desk.refusal("DescribeInstances", caller) == (403, "Forbidden.RAM")


def test_ram_is_asked_about_the_region_or_each_id() -> None:
    desk, deny = Desk(WEB, quirks=Quirks(denied_describe_is_empty=True)), Deny()
    nobody = Caller("42", deny)

    desk.ask("DescribeInstances", nobody)
    desk.ask("DescribeInstances", nobody, InstanceIds='["i-1", "i-2"]')

    assert deny.asked == [
        ("ecs:DescribeInstances", "acs:ecs:cn-hangzhou:42:instance/*"),
        ("ecs:DescribeInstances", "acs:ecs:cn-hangzhou:42:instance/i-1"),
        ("ecs:DescribeInstances", "acs:ecs:cn-hangzhou:42:instance/i-2"),
    ]
