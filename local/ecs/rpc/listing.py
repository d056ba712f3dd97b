"""What all lists have in common: a region, ids, filters, tags, a page, and permission."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

from local.ecs.account.collection import Collection, InRegion
from local.ecs.errors import Refusal
from local.ecs.rpc.paging import Page, PageRequest
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request


class Tagged(InRegion, Protocol):
    """Anything in a region that has tags."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Value by key."""
        ...


T = TypeVar("T", bound=Tagged)
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Query(Generic[T]):
    """A list query.

    Attributes:
        resources: the resources that RAM checks, such as ``disk/*``; all must be allowed.
        page: the requested part of the list.
        ids: only these; None for no such filter; empty matches nothing.
        criteria: conditions that each must meet, besides its tags.
    """

    resources: tuple[str, ...]
    page: PageRequest
    ids: tuple[str, ...] | None
    criteria: tuple[Callable[[T], bool], ...]


def find(request: Request, collection: Collection[T], query: Query[T]) -> Page[T]:
    """One page of what matches ``query`` and the request's ``Tag.N``; empty without permission.

    A list by tags shows a limited number of resources over all its pages
    (`local.ecs.account.quirks.Quirks.tag_filter_limit`).

    Raises:
        EcsError: region or tags are wrong, or this is a dry run.
    """
    region = request.region()
    tags = request.parameters.tag_filters()
    allowed = [request.may_list(each, region) for each in query.resources]
    if query.ids is None:
        matches = collection.walk(region, 0 if tags else query.page.after)
    else:
        matches = collection.pick(region, query.ids)
    for passes in (*query.criteria, *map(_tagged, tags)):
        matches = _passing(matches, passes)
    if tags:
        matches = islice(matches, request.state.settings.quirks.tag_filter_limit)
    return query.page.cut(matches if all(allowed) else ())


def equal(attribute: Callable[[U], object], wanted: object) -> Callable[[U], bool]:
    """The criterion that an attribute has this value."""
    return lambda item: attribute(item) == wanted


def equalities(
    parameters: Parameters, attributes: Mapping[str, Callable[[U], object]]
) -> Iterator[Callable[[U], bool]]:
    """A criterion for each parameter that names an attribute and has a value."""
    for name, attribute in attributes.items():
        if wanted := parameters.text(name):
            yield equal(attribute, wanted)


def refuse_filters(parameters: Parameters, names: frozenset[str]) -> None:
    """Refuse filters that ECS has and the emulator does not.

    An ignored filter would show resources that were not requested.

    Raises:
        EcsError: one of ``names`` was given.
    """
    for name in sorted(parameters.names() & names):
        raise Refusal.NOT_EMULATED.error(name=name)


def _passing(
    matches: Iterable[tuple[int, T]], passes: Callable[[T], bool]
) -> Iterator[tuple[int, T]]:
    return (match for match in matches if passes(match[1]))


def _tagged(tag: tuple[str, str]) -> Callable[[Tagged], bool]:
    key, value = tag
    if not value:
        return lambda item: key in item.tags
    return lambda item: item.tags.get(key) == value
