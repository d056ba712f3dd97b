"""DescribeInstances, DescribeInstanceStatus, DescribeInstanceAttribute.

Source: their pages in the API reference. A filter that ECS has and the emulator does not is refused
rather than ignored: an ignored filter would show machines that were not requested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from operator import attrgetter

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.model import ChargeType, Instance, LockReason, NetworkType, Status
from local.ecs.account.regions import REGIONS
from local.ecs.account.state import JsonObject, State
from local.ecs.errors import EcsError, Refusal
from local.ecs.rpc import render
from local.ecs.rpc.instance_ids import instance_ids
from local.ecs.rpc.listing import Query, equal, equalities, find
from local.ecs.rpc.paging import PageRequest
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request
from local.ecs.wildcards import wildcard

Criterion = Callable[[Instance], bool]

LARGEST_PAGE = 100
LARGEST_STATUS_PAGE = 50


def _in_vpc(instance: Instance) -> bool:
    return instance.network is NetworkType.VPC


_EQUAL: Mapping[str, Callable[[Instance], str]] = {
    "ZoneId": attrgetter("zone"),
    "ImageId": attrgetter("image_id"),
    "InstanceType": attrgetter("instance_type"),
    "InstanceTypeFamily": lambda instance: INSTANCE_TYPES[instance.instance_type].family,
    "KeyPairName": attrgetter("key_pair"),
    "ResourceGroupId": attrgetter("resource_group_id"),
    "VpcId": render.shown_vpc,
    "VSwitchId": render.shown_vswitch,
}
_WORDS: Mapping[str, tuple[type[Enum], Refusal, Callable[[Instance], Enum]]] = {
    "Status": (Status, Refusal.UNKNOWN_STATUS, attrgetter("status")),
    "InstanceChargeType": (
        ChargeType,
        Refusal.UNKNOWN_CHARGE_TYPE,
        attrgetter("charge_type"),
    ),
    "InstanceNetworkType": (
        NetworkType,
        Refusal.UNKNOWN_NETWORK_TYPE,
        attrgetter("network"),
    ),
}
_ADDRESSES: Mapping[str, Callable[[Instance], str]] = {
    "PrivateIpAddresses": lambda instance: render.private_ip(instance) if _in_vpc(instance) else "",
    "PublicIpAddresses": attrgetter("public_ip"),
    "EipAddresses": attrgetter("eip"),
}
_TIMES: Mapping[str, Callable[[Instance, datetime], bool]] = {
    "CreationStartTime": lambda instance, at: instance.created_at >= at,
    "CreationEndTime": lambda instance, at: instance.created_at <= at,
    "ExpiredStartTime": lambda instance, at: (
        instance.expires_at is None or instance.expires_at >= at
    ),
    "ExpiredEndTime": lambda instance, at: (
        instance.expires_at is not None and instance.expires_at <= at
    ),
}
_NO_FILTERS = frozenset(
    {
        "AdditionalAttributes",
        "DryRun",
        "InstanceIds",
        "MaxResults",
        "NextToken",
        "PageNumber",
        "PageSize",
        "RegionId",
        "Tag",
    }
)
"""Parameters that are not filters, or are applied elsewhere."""


def describe_instances(request: Request) -> JsonObject:
    """One page of the instances that match every filter.

    Unknown ids are simply absent. Without permission the list is empty.

    Raises:
        EcsError: a parameter is wrong, or this is a dry run.
    """
    parameters = request.parameters
    ids = _asked_ids(request)
    query = Query(
        resources=tuple(f"instance/{each}" for each in ids or ("*",)),
        page=PageRequest.read(request, LARGEST_PAGE),
        ids=ids,
        criteria=(*_criteria(parameters), *_listed(request.state)),
    )
    found = find(request, request.state.instances, query)
    return {
        **found.head(),
        "Instances": {"Instance": [render.instance_entry(each) for each in found.items]},
    }


def describe_instance_status(request: Request) -> JsonObject:
    """One page of ids and statuses: by number only, 50 at most.

    Raises:
        EcsError: a parameter is wrong.
    """
    region = request.region()
    parameters = request.parameters
    given = parameters.repeated("InstanceId")
    ids = instance_ids(request) if given else None
    zone = parameters.text("ZoneId")
    if zone and zone not in REGIONS[region].zones:
        raise Refusal.UNKNOWN_ZONE.error()
    query = Query(
        resources=("*",),
        page=PageRequest.by_number(parameters, LARGEST_STATUS_PAGE),
        ids=ids,
        criteria=(*equalities(parameters, {"ZoneId": _EQUAL["ZoneId"]}), *_listed(request.state)),
    )
    found = find(request, request.state.instances, query)
    return {
        "TotalCount": found.total,
        "PageNumber": found.number,
        "PageSize": found.size,
        "InstanceStatuses": {
            "InstanceStatus": [
                {"InstanceId": each.instance_id, "Status": each.status.value}
                for each in found.items
            ]
        },
    }


def describe_instance_attribute(request: Request) -> JsonObject:
    """The attributes of one instance.

    Raises:
        EcsError: it does not exist, or RAM denies the read.
    """
    instance_id = request.parameters.required("InstanceId")
    instance = request.state.instances.find(instance_id, request.optional_region())
    request.authorize_instance(instance_id, instance)
    if instance is None:
        raise Refusal.UNKNOWN_INSTANCE.error()
    return render.instance_attribute(instance)


def _asked_ids(request: Request) -> tuple[str, ...] | None:
    """``InstanceIds``; the code for invalid ones is a quirk."""
    bad = Refusal.INSTANCE_IDS_FILTER
    try:
        return request.parameters.ids("InstanceIds", bad, bad)
    except EcsError as error:
        code = request.state.settings.quirks.too_many_ids_code
        raise EcsError(error.status, code, error.message) from None


def _listed(state: State) -> Iterator[Criterion]:
    """New instances may be missing from lists for a while."""
    if state.settings.quirks.listing_delay:
        yield lambda instance: instance.listed_at <= state.now


def _criteria(parameters: Parameters) -> Iterator[Criterion]:
    """The conditions of the filters other than ids and tags."""
    if parameters.names() <= _NO_FILTERS:  # as most requests
        return
    yield from equalities(parameters, _EQUAL)
    for name, (words, refusal, word_of) in _WORDS.items():
        if (word := parameters.choice(name, words, refusal)) is not None:
            yield equal(word_of, word)
    for name, address_of in _ADDRESSES.items():
        addresses = parameters.ids(name, Refusal.INVALID_PARAMETER, Refusal.INVALID_PARAMETER)
        if addresses is not None:
            yield _member(address_of, frozenset(addresses) - {""})
    if group := parameters.text("SecurityGroupId"):
        yield lambda instance: group in render.shown_groups(instance)
    if name_pattern := parameters.text("InstanceName"):
        yield _named(name_pattern)
    reason = parameters.choice("LockReason", LockReason, Refusal.UNKNOWN_LOCK_REASON)
    if reason is not None:
        yield _locked(reason)
    yield from map(_timed, parameters.structures("Filter"))


def _member(attribute: Callable[[Instance], str], wanted: frozenset[str]) -> Criterion:
    return lambda instance: attribute(instance) in wanted


def _named(pattern: str) -> Criterion:
    """A name in which ``*`` matches anything; nothing else is special."""
    has_form = wildcard(pattern)
    return lambda instance: has_form(instance.name)


def _locked(reason: LockReason) -> Criterion:
    return lambda instance: instance.is_locked(reason)


def _timed(condition: Parameters) -> Criterion:
    passes = _TIMES.get(condition.text("Key"))
    if passes is None:
        raise Refusal.UNKNOWN_FILTER_KEY.error()
    at = condition.minute("Filter.N.Value", condition.text("Value"))
    return lambda instance: passes(instance, at)
