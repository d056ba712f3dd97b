"""Which of the logged prices are believed: one currency per region and account.

ECS prices all of a region in the currency of the account. So what has another one than most lines
of its region is in doubt, and counts for nothing; of as many lines each, those are believed that
came first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from local.report.entry import Price
from local.report.times import NONE


@dataclass(slots=True)
class Priced:
    """What lines state in one currency: how many did, the first of them when, the latest price."""

    price: Price | None = None
    lines: int = 0
    begun: int = NONE
    at: int = NONE

    def state(self, price: Price | None, at: int, lines: int = 1, begun: int = NONE) -> None:
        """Some lines state a price, the latest of them this one."""
        begun = at if begun == NONE else begun
        self.begun = begun if self.begun == NONE else min(self.begun, begun)
        self.lines += lines
        if at >= self.at:
            self.price, self.at = price, at

    def merge(self, other: Priced) -> None:
        """Take what other lines state."""
        self.state(other.price, other.at, other.lines, other.begun)


@dataclass(slots=True)
class Prices:
    """What lines state of one instance, by currency."""

    by_currency: dict[str, Priced] = field(default_factory=dict)

    def state(self, price: Price, at: int, *, is_new: bool) -> None:
        """A line states a price; one that was there before is none more."""
        self.by_currency.setdefault(price.currency, Priced()).state(price, at, int(is_new))

    def merge(self, other: Prices) -> None:
        """Take what other lines state."""
        for currency, priced in other.by_currency.items():
            self.by_currency.setdefault(currency, Priced()).merge(priced)

    def latest(self, currency: str) -> Price | None:
        """The latest price in a currency, if there is one."""
        return self.by_currency[currency].price if currency in self.by_currency else None


def currency_of(prices: Collection[Prices]) -> str:
    """The currency that is believed of these; "" if none states any."""
    all_prices: dict[str, Priced] = defaultdict(Priced)
    for one in prices:
        for currency, priced in one.by_currency.items():
            all_prices[currency].merge(priced)
    return min(
        all_prices, key=lambda one: (-all_prices[one].lines, all_prices[one].begun), default=""
    )
