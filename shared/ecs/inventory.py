"""ECS in one region, in our terms: read the inventory, look again, make a call.

Every response is believed only as far as it can be: a listing counts only if it was read to its
last page, and an empty one only if a dry run shows that no permission is missing, since ECS returns
an empty list to callers without permission (DescribeInstances, API reference).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec

from shared.base.errors import Unavailable
from shared.base.parallel import Runner
from shared.domain.instance import Instance
from shared.domain.selection import (
    ByIds,
    ByTagsAndName,
    Everything,
    Selection,
    misspelt_keys,
    selects,
)
from shared.ecs.client import CALLS_AT_ONCE, Answer, Client
from shared.ecs.fields import Json, listed, read_row, read_tag, rows
from shared.ecs.transport import ErrorResponse

PAGE = 100
"""Most ids or rows per call (DescribeInstances, StopInstances, DeleteInstances, API reference)."""

TAG_PAGE = 50
"""Most ids per call of ListTagResources (API reference)."""

TAG_FILTER_LIMIT = 1000
"""A filter by tags shows at most this many resources (DescribeInstances, API reference)."""

SYSTEM_TAGS = ("acs:", "aliyun")
"""The prefixes of keys that only the platform sets ("Tags", ECS user guide)."""

SEEING_FOR = timedelta(seconds=90)
"""How long it is believed that the function may list tags: where ListTagResources is throttled to a
call a minute, the question whether it may takes the minute of the question itself."""


class Found(msgspec.Struct, frozen=True):
    """What the first look at a region found for a selection.

    Attributes:
        instances: By id, in ECS's order: the selected ones, and those found by tags not shown.
        strays: Rows that cannot be parsed and are not known to be selected.
        hint: If nothing was found: the near misses, in a sentence; "" if there are none.
        misspelt: Beside what was found, of all that ECS listed: how many instances have a key that
            only the spelling tells from one of the selection's, by both. A filter by tags lists
            none of them.
        excepted: Which ids in ``except`` were among those found.
    """

    instances: dict[str, Instance]
    strays: tuple[Instance, ...] = ()
    hint: str = ""
    misspelt: Mapping[tuple[str, str], int] = MappingProxyType({})
    excepted: frozenset[str] = frozenset()


class Inventory(msgspec.Struct, frozen=True):
    """Reads one region's instances.

    Attributes:
        client: Its paced and bounded calls.
        side_by_side: How several calls are made at once.
        seen_tags_at: When an empty list of tags was last known to be true.
    """

    client: Client
    side_by_side: Runner
    seen_tags_at: list[datetime] = msgspec.field(default_factory=list)

    def reading_until(self, moment: datetime) -> Inventory:
        """The same region, for reads that end at this moment."""
        return msgspec.structs.replace(self, client=self.client.reading_until(moment))

    def in_turn_by(self, moment: datetime | None) -> Inventory:
        """The same region, for reads that are useful only if their turn comes by this moment."""
        return msgspec.structs.replace(self, client=self.client.in_turn_by(moment))

    def select(self, selection: Selection) -> Found:
        """Every selected instance that ECS knows.

        Raises:
            AccessDenied: RAM does not let the function look.
            Unavailable: the inventory could not be read to its end.
        """
        if isinstance(selection, ByIds):
            return Found(self.look_twice(selection.ids))
        shown, hint, is_filtered = self._list_selected(selection)
        by_tags = isinstance(selection, ByTagsAndName) and bool(selection.tags)
        in_doubt = frozenset(key for key, one in shown.items() if one.unreadable and is_filtered)
        if by_tags and is_filtered and len(shown) >= TAG_FILTER_LIMIT:
            shown, in_doubt = self._list({}), frozenset()
        elif by_tags and is_filtered:
            # What ECS finds by tags but shows without them is reported, not omitted.
            shown, in_doubt = self._look_again_for_tags(shown, selection)
        meant = {
            key: one
            for key, one in shown.items()
            if selects(selection, one) or (key in in_doubt and _may_be_named(selection, one))
        }
        strays = tuple(one for key, one in shown.items() if one.unreadable and key not in meant)
        if not meant and shown:
            hint = _nearest(selection, list(shown.values()))
        elif not meant and isinstance(selection, Everything):
            hint = _nearest(selection, (), is_all=True)
        others = (one for key, one in shown.items() if meant and by_tags and key not in meant)
        misspelt = Counter(pair for one in others for pair in misspelt_keys(selection, one))
        return Found(meant, strays, hint, misspelt)

    def size(self) -> int:
        """How many instances the region has, read to the last page.

        Raises:
            AccessDenied: RAM does not let the function look.
            Unavailable: the inventory could not be read to its end.
        """
        return len(self._list({}))

    def look(self, ids: Sequence[str]) -> dict[str, Instance]:
        """The current state of these instances, by id; those that ECS does not know are omitted.

        Raises:
            AccessDenied: RAM does not let the function look.
            Unavailable: ECS did not answer.
        """
        answers = self.side_by_side(self._describe, list(chunks(ids, PAGE)), at_once=CALLS_AT_ONCE)
        if not all(answers):
            self.check_permission("DescribeInstances")
        return {key: one for answer in answers for key, one in answer.items()}

    def look_twice(self, ids: Sequence[str]) -> dict[str, Instance]:
        """The same, but instances that ECS does not show are looked up once more.

        Raises:
            AccessDenied: RAM does not let the function look.
            Unavailable: ECS did not answer.
        """
        found = self.look(ids)
        missing = [one for one in ids if one not in found]
        return found | self.look(missing) if missing else found

    def with_tags_checked(self, instances: Sequence[Instance]) -> list[Instance]:
        """These instances with the tags from ListTagResources added.

        Tags lost from a response look like tags that never existed, and most guards are tags.
        Instances whose turn does not come in time stay unchecked, see ``in_turn_by``; so do those
        that show tags of which the second response has none.

        Raises:
            AccessDenied: RAM does not let the function look.
            Unavailable: ECS did not answer.
        """
        doubtful = [one.id for one in instances if not one.tags_checked]
        found: dict[str, dict[str, str]] = {}
        batches = list(chunks(doubtful, TAG_PAGE))
        answers = self.side_by_side(self._list_tags_in_time, batches, at_once=CALLS_AT_ONCE)
        for batch, answer in zip(batches, answers, strict=True):
            if answer is None:
                continue
            found |= {one: {} for one in batch}
            for instance_id, key, value in answer:
                if instance_id in found:
                    found[instance_id][key] = value
        now = self.client.clock.now()
        if any(found.values()):
            self.seen_tags_at[:] = [now]
        elif found and not (self.seen_tags_at and now - self.seen_tags_at[0] < SEEING_FOR):
            self._check_permission_for_tags(batches[0])
            self.seen_tags_at[:] = [self.client.clock.now()]
        return [_with_tags(one, found.get(one.id)) for one in instances]

    def pages(
        self, operation: str, parameters: Mapping[str, str], outer: str, inner: str
    ) -> Iterator[tuple[Json, datetime]]:
        """Every row of a listing with the time at which it was requested, to the last page.

        Raises:
            AccessDenied: RAM does not allow the operation.
            Unavailable: a page could not be read, or pages repeat.
        """
        token, seen = "", {""}
        while True:
            page = {**parameters, **({"NextToken": token} if token else {})}
            answer = self.client.read(operation, page)
            for row in rows(answer.body, outer, inner):
                yield row, answer.asked_at
            token = _next_token(answer, self.client.region)
            if not token:
                return
            if token in seen:
                raise Unavailable(
                    f"{operation} in {self.client.region}: the pages repeat, so the inventory is "
                    "incomplete"
                )
            seen.add(token)

    def _list_selected(self, selection: Selection) -> tuple[dict[str, Instance], str, bool]:
        """What passes ECS's filters, and if that is nothing, the near misses.

        The last value says whether a filter was applied, or this is everything.

        An empty response to a filter is believed if a page without the filter shows nothing
        selected either; beyond that page, the filter is used again.
        """
        filters = _filters(selection)
        if not filters:
            return self._list({}), "", True  # all are selected, unreadable ones too
        found = self._instances({"MaxResults": str(PAGE), **filters})
        if found:
            return found, "", True
        self.check_permission("DescribeInstances")
        page, is_all = self._first_page()
        if any(selects(selection, one) for one in page):
            return self._list({}), "", False
        if not is_all and (found := self._instances({"MaxResults": str(PAGE), **filters})):
            return found, "", True
        return {}, _nearest(selection, page, is_all=is_all), True

    def _list(self, filters: Mapping[str, str]) -> dict[str, Instance]:
        """Everything that ECS lists; an empty list is believed only if returned twice."""
        parameters = {"MaxResults": str(PAGE), **filters}
        found = self._instances(parameters)
        if not found:
            self.check_permission("DescribeInstances")
            found = self._instances(parameters)
        return found

    def _first_page(self) -> tuple[list[Instance], bool]:
        """The first instances of the region, at most ``PAGE``, and whether that is all."""
        answer = self.client.read("DescribeInstances", {"MaxResults": str(PAGE)})
        shown = rows(answer.body, "Instances", "Instance")
        page = [read_row(row, self.client.region, answer.asked_at) for row in shown]
        return page, not _next_token(answer, self.client.region)

    def _look_again_for_tags(
        self, found: Mapping[str, Instance], selection: Selection
    ) -> tuple[dict[str, Instance], frozenset[str]]:
        """Instances found by tags have them; if they are not shown they may be lost: look again.

        Returns all of them, and those found by tags that they still do not show.
        """
        without = self.look([key for key, one in found.items() if _lacks_key(selection, one)])
        still = frozenset(key for key, one in without.items() if _lacks_key(selection, one))
        return {key: without.get(key, one) for key, one in found.items()}, still

    def _describe(self, ids: Sequence[str]) -> dict[str, Instance]:
        parameters = {
            "MaxResults": str(PAGE),
            "InstanceIds": json.dumps(list(ids), separators=(",", ":")),
        }
        found = self._instances(parameters)
        asked_for = self._checked(ids, found, "DescribeInstances")
        return {key: one for key, one in found.items() if key in asked_for}

    def _checked(self, ids: Sequence[str], shown: Collection[str], operation: str) -> set[str]:
        """The requested ids, if the response is about them.

        Raises:
            Unavailable: it shows others, and not all of these; so it does not show which are
                missing.
        """
        asked_for = set(ids)
        if not asked_for.issuperset(shown) and not asked_for.issubset(shown):
            raise Unavailable(
                f"{operation} in {self.client.region}: ECS shows other instances than those that "
                "were asked for"
            )
        return asked_for

    def _list_tags_in_time(self, ids: Sequence[str]) -> list[tuple[str, str, str]] | None:
        try:
            return self._list_tags(ids)
        except Unavailable as error:
            if not error.late:
                raise
            return None

    def _list_tags(self, ids: Sequence[str]) -> list[tuple[str, str, str]]:
        pages = self.pages("ListTagResources", _of_these(ids), "TagResources", "TagResource")
        tags = [read_tag(row) for row, _ in pages]
        self._checked(ids, {one for one, _, _ in tags}, "ListTagResources")
        return tags

    def _check_permission_for_tags(self, ids: Sequence[str]) -> None:
        """Whether ListTagResources supports DryRun is not documented.

        If it does, a missing permission shows; if not, it responds as before.
        """
        with suppress(ErrorResponse):
            client = self.client.in_turn_by(None)
            client.read("ListTagResources", {**_of_these(ids), "DryRun": "true"})

    def _instances(self, parameters: Mapping[str, str]) -> dict[str, Instance]:
        """By id; one that moved between pages while they were read counts as last seen.

        A row that cannot be parsed but names its instance is included, and says so.
        """
        pages = self.pages("DescribeInstances", parameters, "Instances", "Instance")
        instances = (read_row(row, self.client.region, asked_at) for row, asked_at in pages)
        return {instance.id: instance for instance in instances}

    def check_permission(self, operation: str) -> None:
        """Make sure that an empty response is true, and not a missing permission.

        Raises:
            AccessDenied: it is a missing permission.
            Unavailable: ECS does not say.
        """
        try:
            self.client.in_turn_by(None).read(operation, {"DryRun": "true"})
        except ErrorResponse:
            return
        raise Unavailable(
            f"{operation} in {self.client.region}: ECS shows nothing, and does not say whether the "
            "function is allowed to see any; the list was not trusted"
        )


def chunks(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """The items in groups of at most ``size``, in order."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _next_token(answer: Answer, region: str) -> str:
    """The token of the next page; "" after the last."""
    token = answer.body.get("NextToken")
    if not isinstance(token, str | None):
        raise Unavailable(f"ECS in {region} returned a NextToken that is not a string")
    return token or ""


def _nearest(selection: Selection, page: Sequence[Instance], *, is_all: bool = False) -> str:
    """The near misses of a selection that matched nothing; if there is nothing at all, that."""
    from shared.domain.hints import EMPTY, nearest  # noqa: PLC0415  # only where nothing matched

    return nearest(selection, page, is_all=is_all) if page or not is_all else EMPTY


def _may_be_named(selection: Selection, instance: Instance) -> bool:
    """Does an instance that ECS's filter found match the name, or is its name unreadable?"""
    if not isinstance(selection, ByTagsAndName):
        return False
    is_hidden = bool(instance.unreadable) and not instance.name
    return is_hidden or selects(ByTagsAndName(name=selection.name), instance)


def _lacks_key(selection: Selection, instance: Instance) -> bool:
    """Does an instance that was found by tags lack one of their keys?"""
    return isinstance(selection, ByTagsAndName) and any(
        key not in instance.tags for key, _ in selection.tags
    )


def _with_tags(instance: Instance, tags: Mapping[str, str] | None) -> Instance:
    """The instance with all tags that either response shows; unchanged if the second lost them.

    The platform's tags do not count for that: it is not documented whether ListTagResources shows
    them.
    """
    own = [key for key in instance.tags if not key.startswith(SYSTEM_TAGS)]
    if tags is None or (own and not tags):
        return instance
    return msgspec.structs.replace(instance, tags={**instance.tags, **tags}, tags_checked=True)


def _of_these(ids: Sequence[str]) -> dict[str, str]:
    return {"ResourceType": "instance", **listed("ResourceId", ids)}


def _filters(selection: Selection) -> dict[str, str]:
    """What ECS can filter for us; a tag with several values is filtered by its key.

    Never by tags and name together: it is not documented whether the limit of a filter by tags
    applies before or after the name, so omissions could not be noticed.
    """
    if not isinstance(selection, ByTagsAndName):
        return {}
    if not selection.tags:
        return {"InstanceName": selection.name}
    filters = {}
    for number, (key, values) in enumerate(selection.tags, start=1):
        filters[f"Tag.{number}.Key"] = key
        value = next(iter(values)) if values is not None and len(values) == 1 else ""
        if value:
            filters[f"Tag.{number}.Value"] = value
    return filters
