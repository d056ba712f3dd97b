"""Security group rules: authorize, revoke, show.

Sources: AuthorizeSecurityGroup, AuthorizeSecurityGroupEgress, RevokeSecurityGroup,
RevokeSecurityGroupEgress, DescribeSecurityGroupAttribute, API reference. A rule is in the request
itself, as older programs send it, or in each ``Permissions.N``. The emulator neither passes nor
blocks packets: rules are only stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network

from local.ecs.account.network import Rule, SecurityGroup
from local.ecs.account.regions import resource_id
from local.ecs.account.state import JsonObject
from local.ecs.operations.security_groups import security_group
from local.ecs.rpc import render
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request, idempotent

RULES_PER_GROUP = 200
LARGEST_PORT = 65535
LOWEST_PRIORITY = 100
_ALL_PORTS = "-1/-1"
_WITH_PORTS = frozenset({"TCP", "UDP"})
_PROTOCOLS = _WITH_PORTS | {"ICMP", "ICMPV6", "GRE", "ALL"}
_PORTS = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")
_PRIORITY = re.compile(r"[0-9]{1,3}")


@idempotent
def authorize_security_group(request: Request) -> JsonObject:
    """Allow incoming traffic; an existing rule changes nothing.

    Raises:
        EcsError: no such group, 200 rules, or a rule that is not valid.
    """
    return _authorize(request, "ingress")


@idempotent
def authorize_security_group_egress(request: Request) -> JsonObject:
    """Allow outgoing traffic, like `authorize_security_group`.

    Raises:
        EcsError: likewise.
    """
    return _authorize(request, "egress")


@idempotent
def revoke_security_group(request: Request) -> JsonObject:
    """Revoke rules, by id or by contents; a missing one changes nothing.

    Raises:
        EcsError: no such group, or a rule that is not valid.
    """
    return _revoke(request, "ingress")


@idempotent
def revoke_security_group_egress(request: Request) -> JsonObject:
    """Like `revoke_security_group`, for outgoing rules.

    Raises:
        EcsError: likewise.
    """
    return _revoke(request, "egress")


def describe_security_group_attribute(request: Request) -> JsonObject:
    """A group with its rules, of one direction or of both.

    Raises:
        EcsError: no such group, or a word that is not known.
    """
    group = security_group(request)
    parameters = request.parameters
    if parameters.text("NicType", "intranet") not in {"intranet", "internet"}:
        raise request.reference.error("InvalidNicType.ValueNotSupported")
    direction = parameters.text("Direction", "all")
    if direction not in {"all", "ingress", "egress"}:
        raise request.reference.error("InvalidParamter")
    rules = [each for each in group.rules if direction in {"all", each.direction}]
    return {
        "Description": group.description,
        "InnerAccessPolicy": group.inner_access,
        "Permissions": {"Permission": [_show(request, each) for each in rules]},
        "RegionId": group.region,
        "SecurityGroupId": group.group_id,
        "SecurityGroupName": group.name,
        "VpcId": group.vpc_id,
    }


def _authorize(request: Request, direction: str) -> JsonObject:
    group = security_group(request)
    known = {rule.effect: rule for rule in group.rules}
    for asked in _asked(request):
        rule = _rule(request, asked, group, direction)
        known.setdefault(rule.effect, rule)
    if len(known) > RULES_PER_GROUP:
        raise request.reference.error("AuthorizationLimitExceed")
    _put(request, group, tuple(known.values()))
    return {}


def _revoke(request: Request, direction: str) -> JsonObject:
    group = security_group(request)
    ids = request.parameters.repeated("SecurityGroupRuleId")
    if ids:
        left = tuple(
            rule for rule in group.rules if rule.rule_id not in ids or rule.direction != direction
        )
    else:
        gone = {_rule(request, asked, group, direction).effect for asked in _asked(request)}
        left = tuple(rule for rule in group.rules if rule.effect not in gone)
    _put(request, group, left)
    return {}


def _put(request: Request, group: SecurityGroup, rules: tuple[Rule, ...]) -> None:
    request.state.network.groups.replace(group.group_id, replace(group, rules=rules))


def _asked(request: Request) -> Iterator[Parameters]:
    """Each rule in the request."""
    yield from request.parameters.structures("Permissions") or (request.parameters,)


def _rule(request: Request, asked: Parameters, group: SecurityGroup, direction: str) -> Rule:
    reference = request.reference
    protocol = asked.required("IpProtocol").upper()
    if protocol not in _PROTOCOLS:
        raise reference.error("InvalidIpProtocol.ValueNotSupported")
    ports = asked.required("PortRange")
    _check_ports(request, protocol, ports)
    policy = asked.text("Policy", "accept").lower()
    if policy not in {"accept", "drop"}:
        raise reference.error("InvalidPolicy.Malformed")
    priority = asked.text("Priority", "1")
    if not _PRIORITY.fullmatch(priority) or not 1 <= int(priority) <= LOWEST_PRIORITY:
        raise reference.error("InvalidPriority.ValueNotSupported")
    if asked.text("NicType", "intranet") not in {"intranet", "internet"}:
        raise reference.error("InvalidNicType.ValueNotSupported")
    kind, peer = _peer(request, asked, group, direction)
    own = "Dest" if direction == "ingress" else "Source"
    rule = Rule(
        direction=direction,
        protocol=protocol,
        ports=ports,
        peer=peer,
        peer_kind=kind,
        policy=policy.capitalize(),
        priority=int(priority),
        created_at=request.state.now,
        source_ports=asked.text("SourcePortRange"),
        own_cidr=asked.text(f"{own}CidrIp"),
        description=asked.text("Description"),
    )
    return replace(rule, rule_id=resource_id("sgr", group.region, group.group_id, *rule.effect))


def _check_ports(request: Request, protocol: str, ports: str) -> None:
    """``1/65535`` of TCP and UDP, ``-1/-1`` of all others."""
    found = _PORTS.fullmatch(ports)
    if ports != _ALL_PORTS and found is None:
        revoked = request.action.startswith("Revoke")
        code = "InvalidIpPortRange.Malformed" if revoked else "InvalidIpProtocol.Malformed"
        raise request.reference.error(code)
    first, last = (int(found[1]), int(found[2])) if found else (1, LARGEST_PORT)
    fits = found is not None if protocol in _WITH_PORTS else ports == _ALL_PORTS
    if (fits and 1 <= first <= last <= LARGEST_PORT) or request.action.startswith("Revoke"):
        return
    raise request.reference.error("OperationDenied")


def _peer(
    request: Request, asked: Parameters, group: SecurityGroup, direction: str
) -> tuple[str, str]:
    """Which parameter names the other end, and its value."""
    reference, other = request.reference, "Source" if direction == "ingress" else "Dest"
    if group_id := asked.text(f"{other}GroupId"):
        if group_id == group.group_id:
            same = request.action == "RevokeSecurityGroupEgress"
            raise reference.error(
                "InvalidSecurityGroup.IsSame" if same else "InvalidParamter.Conflict"
            )
        if request.state.network.groups.find(group_id, group.region) is None:
            raise reference.error(f"Invalid{other}GroupId.NotFound")
        return "GroupId", group_id
    if cidr := asked.text(f"{other}CidrIp"):
        if not _is_range(cidr, IPv4Network):
            raise reference.error(f"Invalid{other}CidrIp.Malformed")
        return "CidrIp", cidr
    if cidr := asked.text(f"Ipv6{other}CidrIp"):
        if not _is_range(cidr, IPv6Network):
            raise reference.error(f"InvalidParam.Ipv6{other}CidrIp")
        return "Ipv6CidrIp", cidr
    raise reference.error(f"MissingParameter.{other}")


def _is_range(text: str, kind: type[IPv4Network | IPv6Network]) -> bool:
    try:
        kind(text, strict=False)
    except ValueError:
        return False
    return True


def _show(request: Request, rule: Rule) -> JsonObject:
    comes_in = rule.direction == "ingress"
    other, own = ("Source", "Dest") if comes_in else ("Dest", "Source")
    peer = {kind: rule.peer if rule.peer_kind == kind else "" for kind in _KINDS}
    group = request.state.network.groups.find(peer["GroupId"])
    return {
        "CreateTime": render.to_second(rule.created_at),
        "Description": rule.description,
        "Direction": rule.direction,
        "IpProtocol": rule.protocol,
        "NicType": "intranet",
        "Policy": rule.policy,
        "PortRange": rule.ports,
        "Priority": str(rule.priority),
        "SecurityGroupRuleId": rule.rule_id,
        "SourcePortRange": rule.source_ports,
        f"{other}CidrIp": peer["CidrIp"],
        f"{own}CidrIp": rule.own_cidr,
        f"Ipv6{other}CidrIp": peer["Ipv6CidrIp"],
        f"Ipv6{own}CidrIp": "",
        f"{other}GroupId": peer["GroupId"],
        f"{own}GroupId": "",
        f"{other}GroupName": group.name if group else "",
        f"{own}GroupName": "",
        "SourceGroupOwnerAccount": "",
        "DestGroupOwnerAccount": "",
    }


_KINDS = ("CidrIp", "Ipv6CidrIp", "GroupId")
