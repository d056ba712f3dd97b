"""TagResources, UntagResources, ListTagResources.

Source: their pages in the API reference. The page size of ListTagResources is not documented; here
    it is the resources of `PAGE_ROWS` tags or slightly more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from local.ecs.account.collection import Collection
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.listing import Tagged
from local.ecs.rpc.paging import check_token, make_token, read_token
from local.ecs.rpc.parameters import MAX_TAGS, Parameters, is_system_tag
from local.ecs.rpc.request import Request

MAX_RESOURCES = 50
TAGS_PER_RESOURCE = 20
PAGE_ROWS = 50
VALUES_PER_FILTER = 5

_ANY: tuple[str, ...] = ()


def tag_resources(request: Request) -> JsonObject:
    """Tag up to 50 resources of one type, all or none.

    Raises:
        EcsError: a resource does not exist, a tag is not valid, or one would have more than 20.
    """
    chosen = _chosen(request)
    tags = request.parameters.new_tags()
    if not tags:
        raise Refusal.NO_TAGS.error()
    changed = {each: {**resource.tags, **tags} for each, resource in chosen.items()}
    if any(len(after) > TAGS_PER_RESOURCE for after in changed.values()):
        raise Refusal.TAG_QUOTA.error()
    _put(request, changed)
    return {}


def untag_resources(request: Request) -> JsonObject:
    """Untag up to 50 resources of one type; the platform's tags are kept.

    Raises:
        EcsError: a resource does not exist, or more than 20 keys are given.
    """
    chosen = _chosen(request)
    keys = request.parameters.repeated("TagKey")
    if len(keys) > MAX_TAGS:
        raise Refusal.TOO_MANY_TAGS.error()
    everything = request.parameters.flag("All") and not keys
    if not (keys or everything):
        raise Refusal.NO_TAGS.error()
    changed = {
        each: {
            key: value
            for key, value in resource.tags.items()
            if is_system_tag(key) or not (everything or key in keys)
        }
        for each, resource in chosen.items()
    }
    _put(request, changed)
    return {}


def list_tag_resources(request: Request) -> JsonObject:
    """One page of the tags of the named resources, or of those with all the named tags.

    Raises:
        EcsError: neither resources nor tags are named, or too many, or the token is unknown.
    """
    region = request.region(Refusal.NO_TAG_REGION)
    parameters = request.parameters
    collection = _collection(request)
    ids = parameters.repeated("ResourceId")
    if len(ids) > MAX_RESOURCES:
        raise Refusal.TOO_MANY_RESOURCE_IDS.error()
    wanted = tuple(_wanted(parameters))
    if not (ids or wanted):
        raise Refusal.NO_RESOURCE_IDS.error()
    check_token(request)
    after = read_token(parameters.text("NextToken"))
    allowed = request.may_list("*", region)
    candidates = collection.pick(region, ids) if ids else collection.walk(region, after)
    matches = (
        (position, collection.id_at(position), resource.tags)
        for position, resource in candidates
        if position > after and _bears(resource.tags, wanted)
    )
    rows, token = _page(matches if allowed else ())
    resource_type = parameters.text("ResourceType")
    entries = [
        {"ResourceId": each, "ResourceType": resource_type, "TagKey": key, "TagValue": value}
        for each, key, value in rows
    ]
    return {"NextToken": token, "TagResources": {"TagResource": entries}}


def _page(
    matches: Iterable[tuple[int, str, Mapping[str, str]]],
) -> tuple[list[tuple[str, str, str]], str]:
    """Id, key and value of each tag of whole resources, and the next page's token."""
    rows: list[tuple[str, str, str]] = []
    last = 0
    for position, resource_id, tags in matches:
        if len(rows) >= PAGE_ROWS:
            return rows, make_token(last)
        rows.extend((resource_id, key, value) for key, value in tags.items())
        last = position
    return rows, ""


def _wanted(parameters: Parameters) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Keys, each with its allowed values; no value means any.

    ``Tag.N`` and ``TagFilter.N`` exclude each other, and a filter has five values at most. How ECS
    refuses more is not documented.
    """
    for key, value in parameters.tag_filters():
        yield key, (value,) if value else _ANY
    conditions = parameters.structures("TagFilter")
    if conditions and parameters.structures("Tag"):
        raise Refusal.INVALID_PARAMETER.error(name="TagFilter")
    for condition in conditions:
        if not condition.text("TagKey"):
            raise Refusal.TAG_MISMATCH.error()
        values = condition.repeated("TagValues")
        if len(values) > VALUES_PER_FILTER:
            raise Refusal.INVALID_PARAMETER.error(name="TagFilter")
        yield condition.text("TagKey"), values


def _bears(tags: Mapping[str, str], wanted: tuple[tuple[str, tuple[str, ...]], ...]) -> bool:
    return all(key in tags and (not values or tags[key] in values) for key, values in wanted)


def _collection(request: Request) -> Collection[Any]:
    """The collection of the requested resource type."""
    collections: Mapping[str, Collection[Any]] = {
        "instance": request.state.instances,
        "disk": request.state.disks,
        "snapshot": request.state.snapshots,
        "snapshotgroup": request.state.groups,
        "securitygroup": request.state.network.groups,
        "image": request.state.images,
    }
    collection = collections.get(
        request.parameters.required("ResourceType", Refusal.NO_RESOURCE_TYPE)
    )
    if collection is None:
        raise Refusal.UNKNOWN_RESOURCE_TYPE.error()
    return collection


def _chosen(request: Request) -> dict[str, Tagged]:
    """The resources to change, by id, with RAM's permission for each."""
    region = request.region(Refusal.NO_TAG_REGION)
    collection = _collection(request)
    ids = request.parameters.repeated("ResourceId")
    if not ids:
        raise Refusal.NO_RESOURCE_IDS.error()
    if len(ids) > MAX_RESOURCES:
        raise Refusal.TOO_MANY_RESOURCE_IDS.error()
    resource_type = request.parameters.text("ResourceType")
    found = {each: collection.find(each, region) for each in ids}
    for each, resource in found.items():
        request.authorize(f"{resource_type}/{each}", region, resource.tags if resource else {})
    chosen = {each: resource for each, resource in found.items() if resource is not None}
    if len(chosen) < len(found):
        raise Refusal.UNKNOWN_RESOURCE.error()
    return chosen


def _put(request: Request, changed: Mapping[str, Mapping[str, str]]) -> None:
    collection = _collection(request)
    for each, tags in changed.items():
        resource: Any = collection.find(each)
        collection.replace(each, replace(resource, tags=tags))
