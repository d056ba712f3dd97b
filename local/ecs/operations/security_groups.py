"""Security groups: create, list, modify, delete, join and leave.

Sources: CreateSecurityGroup, DescribeSecurityGroups, ModifySecurityGroupAttribute,
JoinSecurityGroup, LeaveSecurityGroup, DeleteSecurityGroup, API reference. The need for a VPC is
documented for accounts that support nothing else: all newer ones.
"""

from __future__ import annotations

import re
from dataclasses import replace

from local.ecs.account.model import Instance, LockReason, Status
from local.ecs.account.network import SecurityGroup, groups_of, vpc_of
from local.ecs.account.state import JsonObject, State
from local.ecs.rpc import render
from local.ecs.rpc.instance_ids import one_instance
from local.ecs.rpc.request import Operation, Request, idempotent
from local.ecs.rpc.table import Listing, listed

GROUPS_PER_REGION = 100
GROUPS_PER_INSTANCE = 5
_NAME = re.compile(r"(?!https?://)[^\W\d_][\w.:\-]{1,127}")
_DESCRIPTION = re.compile(r"(?!https?://)[^\0]{2,256}")


def security_group(request: Request) -> SecurityGroup:
    """``SecurityGroupId`` in the region; RAM allows the request.

    Raises:
        EcsError: the id is absent or unknown, or RAM denies.
    """
    group_id = request.parameters.required("SecurityGroupId")
    region = request.optional_region()
    group = request.state.network.groups.find(group_id, region)
    where = group.region if group else region or "*"
    request.authorize(f"securitygroup/{group_id}", where, group.tags if group else {})
    if group is None:
        raise request.reference.error("InvalidSecurityGroupId.NotFound")
    return group


@idempotent
def create_security_group(request: Request) -> JsonObject:
    """Create a group without rules in a VPC.

    Raises:
        EcsError: no VPC or an unknown one, a name or description that is not valid, or 100 groups.
    """
    parameters, state, reference = request.parameters, request.state, request.reference
    region = request.region()
    request.authorize("securitygroup/*", region, {})
    vpc_id = parameters.text("VpcId")
    if not vpc_id:
        raise reference.error("InvalidVpcId.NotFound", "must not empty")
    if state.network.vpcs.find(vpc_id, region) is None:
        raise reference.error("InvalidVpcId.NotFound", "does not exist")
    name, description = _texts(request)
    tags = parameters.new_tags()
    request.authorize_new_tags("securitygroup/*", region, tags)
    if sum(1 for _ in state.network.groups.walk(region)) >= GROUPS_PER_REGION:
        raise reference.error("QuotaExceed.SecurityGroup")
    group = SecurityGroup(
        group_id=state.mint("sg", region),
        name=name,
        region=region,
        vpc_id=vpc_id,
        created_at=state.now,
        description=description,
        kind=parameters.text("SecurityGroupType", "normal"),
        resource_group_id=parameters.text("ResourceGroupId"),
        tags=tags,
    )
    state.network.groups.add(group.group_id, region, group)
    return {"SecurityGroupId": group.group_id}


def modify_security_group_attribute(request: Request) -> JsonObject:
    """Give a group another name or description.

    Raises:
        EcsError: no such group, or a text that is not valid.
    """
    group = security_group(request)
    name, description = _texts(request)
    changed = replace(group, name=name or group.name, description=description or group.description)
    request.state.network.groups.replace(group.group_id, changed)
    return {}


def delete_security_group(request: Request) -> JsonObject:
    """Delete a group that no instance is in and no other group's rule names.

    Raises:
        EcsError: no such group, or it is still in use.
    """
    group, state = security_group(request), request.state
    if any(group.group_id in groups_of(each) for _, each in state.instances.walk(group.region)):
        raise request.reference.error("DependencyViolation", "instance(s)")
    others = (each for each in state.network.groups if each.group_id != group.group_id)
    if any(rule.peer == group.group_id for other in others for rule in other.rules):
        raise request.reference.error("DependencyViolation", "authorized in another")
    state.network.groups.remove(group.group_id)
    return {}


def join_security_group(request: Request) -> JsonObject:
    """Put an instance into a group of its VPC; five at most.

    Raises:
        EcsError: no such group or instance, it is in it already, in five others, in another VPC,
            passing from one status to another, or locked for security.
    """
    group, instance = _pair(request)
    groups, reference = groups_of(instance), request.reference
    if group.group_id in groups:
        raise reference.error("InvalidInstanceId.AlreadyExists")
    if vpc_of(instance) != group.vpc_id:
        raise reference.error("InvalidInstanceId.Mismatch")
    if len(groups) >= GROUPS_PER_INSTANCE:
        raise reference.error("InstanceSecurityGroupLimitExceeded", "Exceeding")
    request.state.put(replace(instance, security_group_ids=(*groups, group.group_id)))
    return {}


def leave_security_group(request: Request) -> JsonObject:
    """Remove an instance from a group, but never from its last.

    Raises:
        EcsError: no such group or instance, it is not in it, or in no other; or as
            `join_security_group`.
    """
    group, instance = _pair(request)
    groups, reference = groups_of(instance), request.reference
    if group.group_id not in groups:
        raise reference.error("InstanceNotInSecurityGroup")
    if len(groups) == 1:
        raise reference.error("InstanceLastSecurityGroup")
    left = tuple(each for each in groups if each != group.group_id)
    request.state.put(replace(instance, security_group_ids=left))
    return {}


def _pair(request: Request) -> tuple[SecurityGroup, Instance]:
    """The group and the instance that are named, the latter at rest."""
    group, instance = security_group(request), one_instance(request)
    if instance.is_locked(LockReason.SECURITY):
        raise request.reference.error("InstanceLockedForSecurity")
    if instance.deleting or instance.status not in {Status.RUNNING, Status.STOPPED}:
        raise request.reference.error("IncorrectInstanceStatus")
    return group, instance


def _texts(request: Request) -> tuple[str, str]:
    """Name and description, each "" when absent."""
    name = request.parameters.text("SecurityGroupName")
    if name and not _NAME.fullmatch(name):
        raise request.reference.error("InvalidSecurityGroupName.Malformed")
    description = request.parameters.text("Description")
    if description and not _DESCRIPTION.fullmatch(description):
        raise request.reference.error("InvalidSecurityGroupDiscription.Malformed")
    return name, description


def _show(request: Request, group: SecurityGroup) -> JsonObject:
    return {
        "CreationTime": render.to_second(group.created_at),
        "Description": group.description,
        "EcsCount": _count(request.state, group),
        "ResourceGroupId": group.resource_group_id,
        "SecurityGroupId": group.group_id,
        "SecurityGroupName": group.name,
        "SecurityGroupType": group.kind,
        "ServiceManaged": False,
        "Tags": render.tag_list(group.tags),
        "VpcId": group.vpc_id,
    }


def _count(state: State, group: SecurityGroup) -> int:
    return sum(group.group_id in groups_of(each) for _, each in state.instances.walk(group.region))


describe_security_groups: Operation = listed(
    Listing(
        answer=("SecurityGroups", "SecurityGroup"),
        resource="securitygroup/*",
        rows=lambda request, region: request.state.network.groups.walk(region),
        show=_show,
        filters={
            "NetworkType": lambda _: "vpc",
            "ResourceGroupId": lambda group: group.resource_group_id,
            "SecurityGroupId": lambda group: group.group_id,
            "SecurityGroupName": lambda group: group.name,
            "SecurityGroupType": lambda group: group.kind,
            "VpcId": lambda group: group.vpc_id,
        },
        arrays={"SecurityGroupIds": lambda group: group.group_id},
        ignored=frozenset({"FuzzyQuery", "IsQueryEcsCount"}),
        tags=lambda group: group.tags,
    )
)
