"""The policies of ``ram/``: enough for their function, and not one action more."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.ecs.account.model import Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.ram.caller import Caller
from local.ecs.ram.policy import Policy
from local.fc.deployment import function_names
from local.fc.trigger_events import Request
from shared.base.errors import AccessDenied
from tests.harness.actions import FUNCTIONS, stated
from tests.harness.reports import table
from tests.harness.s_yaml import raw
from tests.harness.stage import Stage
from tests.harness.transport import Direct

RAM = Path(__file__).parents[2] / "ram"
READMES = ("README.md", "README.zh-CN.md")
INSTANCE = "acs:ecs:cn-hangzhou:1234567890123456:instance/i-bp1aaaaaaaaaaaaaaaaa"
TWO_DISKS = (DiskSpec(delete_with_instance=False),)
UNTAGGED = InstanceSpec("dev-bare", data_disks=TWO_DISKS)
TAGGED = InstanceSpec("dev-web", tags={"team": "dev"})

STORIES: Mapping[str, Request] = {
    **{
        function: {"name": "dev-*", "without_tags": ["owner"], **stated(function)}
        for function in FUNCTIONS
    },
    "describe": {"name": "dev-*", "without_tags": ["owner"], "prices": True},
}
"""What each function is for, so that it needs each of its permissions."""


def document(function: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RAM / f"{function}.json").read_text())
    return found


def allowed(policy: Mapping[str, Any]) -> list[str]:
    return [
        action
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
    ]


def without(policy: Mapping[str, Any], action: str) -> dict[str, Any]:
    """The policy with one action taken out of what it allows."""
    left = [
        {**statement, "Action": [one for one in _listed(statement["Action"]) if one != action]}
        for statement in policy["Statement"]
    ]
    return {**policy, "Statement": [one for one in left if one["Action"]]}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def staged(function: str, *policies: Mapping[str, Any]) -> Stage:
    """Two instances as the function wants to find them, and what RAM allows it."""
    status = Status.STOPPED if function == "start" else Status.RUNNING
    opens = {"curfew:schedule": "daily 17:30-23:00"} if function == "apply_schedule" else {}
    release_at = MANUAL_START + timedelta(hours=2) if function == "clear_auto_release" else None
    stage = Stage(
        InstanceSpec(
            spec.name,
            tags=spec.tags and {**spec.tags, **opens},
            data_disks=spec.data_disks,
            status=Status.STOPPED if spec.tags and opens else status,
            auto_release_at=release_at,
        )
        for spec in (UNTAGGED, TAGGED)
    )
    stage.transport = Direct(stage.gateway, authorizer=Policy(*policies))
    return stage


STOPPING = ("apply_schedule", "stop")
"""Functions whose roles may do the first step of a release."""

OPTIONAL = {("describe", "ecs:DescribeDisks"), ("describe", "ecs:DescribePrice")}
"""For prices alone, which are no reason to fail."""

EVERY = function_names()

CUTS = [
    (function, action)
    for function in FUNCTIONS
    for action in allowed(document(function))
    if (function, action) not in OPTIONAL
]


def test_each_function_has_a_policy_and_there_is_no_other() -> None:
    assert {path.stem for path in RAM.glob("*.json")} == {*EVERY, "trust", "platform"}


def test_what_function_compute_does_by_itself_touches_no_instance() -> None:
    assert document("platform") == {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": ["log:PostLogStoreLogs"], "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": ["mns:SendMessage"],
                "Resource": f"acs:mns:*:*:/queues/{raw()['vars']['failures']}/messages",
            },
        ],
    }


def test_only_function_compute_may_take_the_role() -> None:
    assert document("trust") == {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": ["fc.aliyuncs.com"]},
            }
        ],
    }


@pytest.mark.promise("S44")
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_policy_is_enough_for_its_function(function: str) -> None:
    stage = staged(function, document(function))

    report = stage.ask(function, STORIES[function])

    result = "unchanged" if function == "describe" else "changed"
    assert {name: row[0] for name, row in table(report).items()} == {
        "dev-bare": result,
        "dev-web": result,
    }


@pytest.mark.promise("S44")
@pytest.mark.parametrize(("function", "action"), CUTS)
def test_without_any_one_action_the_function_fails_and_names_it(function: str, action: str) -> None:
    stage = staged(function, without(document(function), action))

    with pytest.raises(AccessDenied, match=rf"does not allow {action}\b"):
        stage.ask(function, STORIES[function])


@pytest.mark.parametrize(("function", "action"), sorted(OPTIONAL))
def test_without_an_optional_action_the_report_is_complete_and_names_it(
    function: str, action: str
) -> None:
    stage = staged(function, without(document(function), action))

    report = stage.ask(function, STORIES[function])

    assert report["outcome"] == "complete"
    assert [one["list_price"] for one in report["instances"]] == [None, None]
    assert [f"does not allow {action} " in one for one in report["warnings"]] == [True]
    assert [f"add {action} to the policy" in one for one in report["warnings"]] == [True]


@pytest.mark.parametrize(("function", "action"), CUTS)
def test_without_any_one_action_nothing_is_lost(function: str, action: str) -> None:
    stage = staged(function, without(document(function), action))
    disks = stage.engine.disks()

    with pytest.raises(AccessDenied):
        stage.ask(function, STORIES[function])

    assert stage.engine.disks() == disks
    assert {one.auto_release_at for one in stage.engine.instances()} == {
        one.auto_release_at for one in staged(function).engine.instances()
    }


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({}, id="with-snapshot"),
        pytest.param({"snapshot": False}, id="without-snapshot"),
        pytest.param({"snapshot": False, "force": True}, id="by-force"),
    ],
)
@pytest.mark.parametrize(
    "function", [each for each in FUNCTIONS if each not in {"release", *STOPPING}]
)
def test_no_other_functions_role_can_release(function: str, request_: Request) -> None:
    stage = staged("release", document(function))

    with pytest.raises(AccessDenied):
        stage.ask("release", {"name": "dev-*", "dry_run": False, **request_})

    assert {one.status for one in stage.engine.instances()} == {Status.RUNNING}
    assert len(stage.engine.instances()) == 2


@pytest.mark.promise("S44")
@pytest.mark.parametrize("function", STOPPING)
@pytest.mark.parametrize("status", [Status.RUNNING, Status.STOPPED])
def test_a_role_that_stops_cannot_release(function: str, status: Status) -> None:
    looks = {"Effect": "Allow", "Action": ["ecs:Describe*", "ecs:List*"], "Resource": "*"}
    may_look = {"Version": "1", "Statement": [looks]}
    stage = Stage([InstanceSpec("dev-web", tags={"team": "dev"}, status=status)])
    stage.transport = Direct(stage.gateway, authorizer=Policy(document(function), may_look))

    with pytest.raises(AccessDenied, match="does not allow ecs:DeleteInstances"):
        stage.ask("release", {"name": "dev-*", "dry_run": False, "snapshot": False})

    assert [one.name for one in stage.engine.instances()] == ["dev-web"]


@pytest.mark.promise("S45")
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        pytest.param(
            "ModifyInstanceAttribute", {"DeletionProtection": "false"}, id="deletion-protection"
        ),
        pytest.param("TagResources", {"Tag.1.Key": "mine", "Tag.1.Value": "yes"}, id="tag"),
        pytest.param("UntagResources", {"TagKey.1": "team"}, id="untag"),
    ],
)
def test_no_role_may_retag_or_unprotect_even_under_a_wider_policy(
    function: str, action: str, parameters: Mapping[str, str]
) -> None:
    everything = {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}],
    }
    stage = staged(function, document(function), everything)
    instance_id = stage.id_of("dev-web")
    target = (
        {"InstanceId": instance_id}
        if action == "ModifyInstanceAttribute"
        else {"ResourceId.1": instance_id, "ResourceType": "instance"}
    )

    answer = stage.gateway.call(
        action,
        {"RegionId": "cn-hangzhou", **target, **parameters},
        Caller(authorizer=stage.transport.authorizer),
    )

    assert answer.code == "Forbidden.RAM"


@pytest.mark.promise("S45")
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("action", ["tag:TagResources", "tag:UntagResources"])
def test_no_role_may_retag_by_the_tag_service_even_under_a_wider_policy(
    function: str, action: str
) -> None:
    everything = {
        "Version": "1",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    policy = Policy(document(function), everything)

    assert policy.allows("ecs:DescribeInstances", "acs:ecs:cn-hangzhou:1234567890123456:*", {})
    for resource in (INSTANCE, "acs:tag:cn-hangzhou:1234567890123456:*"):
        assert not policy.allows(action, resource, {})


def in_readme(name: str) -> list[dict[str, Any]]:
    """The JSON that a README shows."""
    blocks = re.findall(r"```json\n(.*?)```", (RAM / name).read_text(), re.DOTALL)
    return [json.loads(block) for block in blocks]


def test_both_readmes_show_the_same_policies_and_commands() -> None:
    blocks = [re.findall(r"```.*?```", (RAM / name).read_text(), re.DOTALL) for name in READMES]

    assert blocks[0] == blocks[1] != []


def calls_of(block: str, folder: Path) -> list[list[str]]:
    """What a block of shell commands asks of the ``aliyun`` command."""
    calls, stub = folder / "calls", folder / "aliyun"
    stub.write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" >> {calls}\nprintf "\\n\\0" >> {calls}\n')
    stub.chmod(0o700)
    subprocess.run(  # noqa: S603  # the page's own commands, with a stub for the tool
        ["/bin/bash", "-euc", block],
        cwd=RAM.parent,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        check=True,
    )
    return [call.strip("\0").split("\0") for call in calls.read_text().split("\n\0") if call]


def test_the_commands_give_each_role_its_policy_and_the_platforms(tmp_path: Path) -> None:
    create, _ = re.findall(r"```sh\n(.*?)```", (RAM / "README.md").read_text(), re.DOTALL)

    calls = calls_of(create, tmp_path)

    trusted = {call[3]: json.loads(call[5]) for call in calls if call[1] == "CreateRole"}
    policies = {call[3]: json.loads(call[5]) for call in calls if call[1] == "CreatePolicy"}
    attached = {(call[7], call[5]) for call in calls if call[1] == "AttachPolicyToRole"}
    roles = {f"curfew-{function.replace('_', '-')}": function for function in EVERY}
    assert policies == {
        "curfew-platform": document("platform"),
        **{role: document(function) for role, function in roles.items()},
    }
    assert trusted == dict.fromkeys(roles, document("trust"))
    assert attached == {(role, each) for role in roles for each in (role, "curfew-platform")}


def test_the_commands_for_an_upgrade_give_each_policy_its_new_version(tmp_path: Path) -> None:
    _, update = re.findall(r"```sh\n(.*?)```", (RAM / "README.md").read_text(), re.DOTALL)

    calls = calls_of(update, tmp_path)

    assert {call[3]: json.loads(call[5]) for call in calls} == {
        f"curfew-{function.replace('_', '-')}": document(function) for function in EVERY
    }
    assert {(call[1], *call[6:8]) for call in calls} == {
        ("CreatePolicyVersion", "--SetAsDefault", "true")
    }


def test_the_readme_names_what_each_policy_allows() -> None:
    for name in READMES:
        rows = dict(
            re.findall(r"^\| `(\w+)\.json` (\|.*)$", (RAM / name).read_text(), re.MULTILINE)
        )
        assert {
            function: {f"ecs:{action}" for action in re.findall(r"`(\w+)`", row)}
            for function, row in rows.items()
        } == {function: set(allowed(document(function))) for function in EVERY}


@pytest.mark.parametrize(
    ("tag", "is_released"),
    [
        pytest.param({"lifecycle-managed": "yes"}, True, id="managed"),
        pytest.param({}, False, id="not"),
    ],
)
def test_the_variant_by_tag_releases_only_what_bears_the_tag(
    tag: Mapping[str, str],
    is_released: bool,  # noqa: FBT001  # a table's column
) -> None:
    by_tag, _ = in_readme("README.md")
    stage = Stage([InstanceSpec("dev-web", tags={"team": "dev", **tag})])
    stage.transport = Direct(stage.gateway, authorizer=Policy(by_tag))
    request = {"name": "dev-*", "dry_run": False}

    if is_released:
        stage.ask("release", request)
    else:
        with pytest.raises(AccessDenied):
            stage.ask("release", request)

    assert (stage.engine.instances() == ()) is is_released


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        pytest.param("stop", "StopInstances", id="stop"),
        pytest.param("release", "DeleteInstances", id="release"),
        pytest.param("set_auto_release", "ModifyInstanceAutoReleaseTime", id="set_auto_release"),
        pytest.param("start", "StartInstances", id="start"),
    ],
)
def test_the_second_lock_refuses_what_bears_the_tag_and_nothing_else(
    function: str, operation: str
) -> None:
    _, lock = in_readme("README.md")
    policy = Policy(document(function), {"Version": "1", "Statement": [lock]})

    assert [
        policy.allows(f"ecs:{operation}", INSTANCE, tags)
        for tags in ({}, {"team": "dev"}, {"curfew:protect": ""}, {"curfew:protect": "why"})
    ] == [True, True, False, False]
