"""A list operation as a table: where its rows are, how they are filtered and shown.

Parameters of the API reference that are not in the table are refused: an ignored filter would show
resources that were not requested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.listing import refuse_filters
from local.ecs.rpc.paging import PageRequest
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.reference import documented
from local.ecs.rpc.request import Operation, Request
from local.ecs.wildcards import wildcard

T = TypeVar("T")
Attribute = Callable[[T], object]

LARGEST_PAGE = 100
_ALL_LISTS = frozenset({"MaxResults", "NextToken", "PageNumber", "PageSize", "Tag"})


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One list operation.

    Attributes:
        answer: the names of the list and of one of its rows in the response.
        resource: the resource that RAM checks, such as ``securitygroup/*``.
        rows: all rows in a region that the request may mean, each with its position, in order.
        show: one row as in the response.
        filters: by parameter the attribute that must have its value, or, if it is a tuple, have it
            among its values; text may have ``*`` where the parameter is in ``wild``.
        arrays: likewise, of parameters that hold several values, of which one is enough.
        several: likewise, of parameters that hold several with commas between.
        wild: parameters that may have ``*``.
        ignored: parameters that change nothing here.
        tags: the row's tags, where it has any.
        largest: rows of a page.
        says_region: the answer has the RegionId.
    """

    answer: tuple[str, str]
    resource: str
    rows: Callable[[Request, str], Iterable[tuple[int, T]]]
    show: Callable[[Request, T], JsonObject]
    filters: Mapping[str, Attribute[T]] = field(default_factory=dict)
    arrays: Mapping[str, Attribute[T]] = field(default_factory=dict)
    several: Mapping[str, Attribute[T]] = field(default_factory=dict)
    wild: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    tags: Callable[[T], Mapping[str, str]] | None = None
    largest: int = LARGEST_PAGE
    says_region: bool = True


def listed(table: Listing[Any]) -> Operation:
    """The operation that the table describes."""

    def describe(request: Request) -> JsonObject:
        region, parameters = request.region(), request.parameters
        known = documented(request.action).parameters
        refuse_filters(
            parameters,
            known - _ALL_LISTS - _known(table),
        )
        page = PageRequest.read(request, table.largest)
        criteria = tuple(_criteria(table, request))
        allowed = request.may_list(table.resource, region)
        rows: Iterable[tuple[int, Any]] = (
            row for row in table.rows(request, region) if all(passes(row[1]) for passes in criteria)
        )
        if parameters.tag_filters():
            rows = islice(rows, request.state.settings.quirks.tag_filter_limit)
        found = page.cut(rows if allowed else ())
        head = found.head()
        if table.says_region:
            head["RegionId"] = region
        if "NextToken" not in known:
            del head["NextToken"]
        outer, inner = table.answer
        return {**head, outer: {inner: [table.show(request, each) for each in found.items]}}

    return describe


def _known(table: Listing[Any]) -> frozenset[str]:
    return table.ignored.union(table.filters, table.arrays, table.several)


def _criteria(table: Listing[Any], request: Request) -> Iterator[Callable[[Any], bool]]:
    parameters = request.parameters
    for name, attribute in table.filters.items():
        if parameters.text(name):
            yield _matches(attribute, (parameters.text(name),), wild=name in table.wild)
    for name, attribute in table.arrays.items():
        if parameters.given(name) or parameters.repeated(name):
            yield _matches(attribute, _values(parameters, name), wild=False)
    for name, attribute in table.several.items():
        if parameters.text(name):
            yield _matches(attribute, tuple(parameters.text(name).split(",")), wild=False)
    for key, value in parameters.tag_filters():
        if table.tags is not None:
            yield _tagged(table.tags, key, value)


def _values(parameters: Parameters, name: str) -> tuple[str, ...]:
    """``Name.1``, ``Name.2``, or a JSON array in one text."""
    malformed = Refusal.INVALID_PARAMETER
    return parameters.repeated(name) or parameters.ids(name, malformed, malformed) or ()


def _matches(
    attribute: Attribute[Any], wanted: tuple[str, ...], *, wild: bool
) -> Callable[[Any], bool]:
    forms = [wildcard(each) for each in wanted] if wild else []

    def passes(row: object) -> bool:
        value = attribute(row)
        values = value if isinstance(value, tuple) else (value,)
        if wild:
            return any(has_form(str(each)) for each in values for has_form in forms)
        return any(_is(each, one) for each in values for one in wanted)

    return passes


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return str(value).lower() == wanted.lower()
    return str(value) == wanted


def _tagged(
    tags: Callable[[Any], Mapping[str, str]], key: str, value: str
) -> Callable[[Any], bool]:
    return lambda row: key in tags(row) and value in {"", tags(row)[key]}
