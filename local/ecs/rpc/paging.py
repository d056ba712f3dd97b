"""Lists in pages: by token, or by page number for older clients.

Source: DescribeInstances, API reference: MaxResults is clamped, not refused; a token wins over a
page number; TotalCount means nothing in responses by token, so it is 0 here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count, dropwhile, islice
from typing import Generic, TypeVar

from local.ecs.account.regions import fingerprint
from local.ecs.errors import Refusal
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request

T = TypeVar("T")

SMALLEST = 10
_MASK = 0x9E3779B97F4A7C15
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, with what a response says about it."""

    items: tuple[T, ...]
    total: int
    number: int
    size: int
    next_token: str

    def head(self) -> dict[str, int | str]:
        """The fields of the response that say where in the list it is."""
        return {
            "TotalCount": self.total,
            "PageNumber": self.number,
            "PageSize": self.size,
            "NextToken": self.next_token,
        }


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The requested page.

    Attributes:
        number: from 1; 0 when paging by token.
        size: how many resources at most.
        after: the position of the last resource of the page before; 0 for the first page.
        with_token: whether the response may name a next page.
    """

    number: int
    size: int
    after: int
    with_token: bool

    @classmethod
    def read(cls, request: Request, largest: int) -> PageRequest:
        """The page that MaxResults, NextToken, PageNumber and PageSize request.

        Raises:
            EcsError: one of them is not a number, or the token was not issued here.
        """
        parameters = request.parameters
        check_token(request)
        if parameters.text("NextToken") or parameters.text("MaxResults"):
            size = _clamp(parameters.number("MaxResults", SMALLEST), SMALLEST, largest)
            return cls(0, size, read_token(parameters.text("NextToken")), with_token=True)
        numbered = bool(parameters.text("PageNumber") or parameters.text("PageSize"))
        return cls.by_number(parameters, largest, with_token=not numbered)

    @classmethod
    def by_number(
        cls, parameters: Parameters, largest: int, *, with_token: bool = False
    ) -> PageRequest:
        """The page that PageNumber and PageSize request.

        Raises:
            EcsError: one of them is not a number.
        """
        number = max(1, parameters.number("PageNumber", 1))
        size = _clamp(parameters.number("PageSize", SMALLEST), 1, largest)
        return cls(number, size, 0, with_token=with_token)

    def cut(self, matches: Iterable[tuple[int, T]]) -> Page[T]:
        """The page from all matches, each with its position, in order.

        By token ``matches`` is read no further than needed, and those up to ``after`` are skipped.
        """
        if self.number == 0:
            ahead = dropwhile(lambda match: match[0] <= self.after, matches)
            found = list(islice(ahead, self.size + 1))
            total = 0
        else:
            # Counted, not kept: most clients page this way, even through a large fleet.
            rest = iter(matches)
            before = _count(islice(rest, (self.number - 1) * self.size))
            found = list(islice(rest, self.size + 1))
            total = before + len(found) + _count(rest)
        shown = found[: self.size]
        more = self.with_token and len(found) > self.size
        token = make_token(shown[-1][0]) if more else ""
        return Page(tuple(item for _, item in shown), total, self.number or 1, self.size, token)


def check_token(request: Request) -> None:
    """Refuse an empty NextToken, if the quirk has it so.

    Raises:
        EcsError: it is empty, which is not the same as absent.
    """
    parameters = request.parameters
    empty = parameters.given("NextToken") and not parameters.text("NextToken")
    if empty and request.state.settings.quirks.empty_token_is_refused:
        raise Refusal.INVALID_PARAMETER.error(name="NextToken")


def make_token(position: int) -> str:
    """An opaque token for the rest of the list after ``position``."""
    seal = fingerprint("token", position) & 0xFFFFFFFFFFFFFFFF
    return f"{position ^ _MASK:016x}{seal:016x}"


def read_token(token: str) -> int:
    """The position encoded in the token; 0 for an empty one.

    Raises:
        EcsError: it was not made by `make_token`.
    """
    if not token:
        return 0
    if _TOKEN.fullmatch(token):
        position = int(token[:16], 16) ^ _MASK
        if make_token(position) == token:
            return position
    raise Refusal.INVALID_PARAMETER.error(name="NextToken")


def _count(items: Iterable[object]) -> int:
    """How many there are, read without a step of Python for each."""
    counter = count()
    deque(zip(items, counter, strict=False), maxlen=0)
    return next(counter)


def _clamp(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))
