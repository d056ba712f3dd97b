"""How faults change the pages of a list: missing rows, lost tags, garbled rows.

A page from the engine is never modified, since it may be cached there. Responses that are not
pages, such as a price, are left unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from local.ecs.account.state import JsonObject
from local.ecs.gateway.faults import AnyFault, DroppedTags, GarbledRow, MissingPage, RepeatedToken

_IDS = ("InstanceId", "DiskId", "SnapshotId", "ResourceId")
"""The fields with the id of a list's row."""


def spoiled(fault: AnyFault, parameters: Mapping[str, str], body: JsonObject) -> JsonObject:
    """A successful response as changed by a fault; unchanged if the fault is of another kind.

    Args:
        fault: the fault.
        parameters: the request's parameters.
        body: ECS's response.
    """
    if isinstance(fault, RepeatedToken) and parameters.get("NextToken"):
        return {**body, "NextToken": parameters["NextToken"]}
    if isinstance(fault, MissingPage):
        return _with_items(body, lambda _: [])
    if isinstance(fault, DroppedTags):
        return _with_items(body, lambda items: _untagged(items, fault.key))
    if isinstance(fault, GarbledRow):
        return _with_items(body, lambda items: [_garbled(item, fault) for item in items])
    return body


def _with_items(body: JsonObject, change: Callable[[list[object]], list[object]]) -> JsonObject:
    """The page with every wrapped list, ``{"Instances": {"Instance": […]}}``, changed."""
    return {name: _with_list(value, change) for name, value in body.items()}


def _with_list(value: object, change: Callable[[list[object]], list[object]]) -> object:
    if not isinstance(value, dict):
        return value
    return {
        name: change(inner) if isinstance(inner, list) else inner for name, inner in value.items()
    }


def _untagged(items: list[object], key: str) -> list[object]:
    """The items without the tags with this key, whether they are tags or have them."""
    return [_without_tags(item, key) for item in items if not _is_tag(item, key)]


def _is_tag(item: object, key: str) -> bool:
    return isinstance(item, dict) and "TagKey" in item and fnmatchcase(item["TagKey"], key)


def _without_tags(item: object, key: str) -> object:
    """An item without any tag left has no field for them, as in ECS."""
    tags = item.get("Tags") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(tags, dict):  # none, or garbled before
        return item
    left = [tag for tag in tags["Tag"] if not _is_tag(tag, key)]
    others = {name: value for name, value in item.items() if name != "Tags"}
    return {**item, "Tags": {"Tag": left}} if left else others


def _garbled(item: object, fault: GarbledRow) -> object:
    if not isinstance(item, dict) or not any(
        fnmatchcase(str(item[name]), fault.id) for name in _IDS if item.get(name)
    ):
        return item
    others = {name: value for name, value in item.items() if name != fault.field}
    return others if fault.absent else {**others, fault.field: fault.value}
