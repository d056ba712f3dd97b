"""DescribePrice: the hourly list price of instances; at most ``MOST_CALLS`` calls per run.

What is refused or not requested is unknown and reported so; a price is never worth failing a run,
so nothing here raises. The most common configurations come first.

Sources: DescribePrice and DescribeDisks, ECS API reference. The newest SDKs call the parts
    DetailInfo, the reference ResourcePriceModel; both are accepted.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from shared.base.errors import AccessDenied, Unavailable
from shared.base.printable import counted
from shared.domain.instance import Instance
from shared.domain.plan import Row
from shared.domain.prices import (
    DIGITS,
    Configuration,
    Disks,
    ListPrice,
    PricedDisk,
    configuration,
    list_price,
    why_without_price,
)
from shared.domain.retries import Kind
from shared.ecs.disks import DISKS_PAGE
from shared.ecs.inventory import Inventory
from shared.ecs.transport import ErrorResponse, NoResponse

MOST_CALLS = 20
MOST_TIME = timedelta(seconds=60)
"""How long prices may take at most."""

MOST_AN_HOUR = 1_000_000
"""No instance costs more, in any currency; a report on many runs uses it as a limit."""

_NAMES = {"instance": "instanceType"}
_CAN_BE_FREE = {"image"}
"""The parts that many instances have for free."""

_SHOWN = 100
_NOT_ENOUGH = f"{MOST_CALLS} calls of DescribePrice are not enough for all; describe fewer"


class PriceBook:
    """What an invocation knows about prices; all of its messages share it.

    Attributes:
        calls: How many calls of DescribePrice were sent.
    """

    def __init__(self) -> None:
        self.calls = 0
        self._answered: dict[Configuration, Mapping[str, float]] = {}
        self._parts: dict[tuple[str, tuple[object, ...]], float] = {}
        self._currency: dict[str, str] = {}
        self._unknown: dict[Configuration, str] = {}
        self._closed: dict[str, str] = {}

    def priced(
        self, rows: Iterable[Row], sources: Sequence[Inventory], until: datetime
    ) -> tuple[list[Row], list[str]]:
        """The rows with their instances' prices, and what to say about those without.

        Args:
            rows: Of any of the regions.
            sources: The regions.
            until: When it must be done.
        """
        by_region: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_region[row.instance.region].append(row)
        now = sources[0].client.clock.now()
        until = min(until, now + MOST_TIME)
        inventories = {source.client.region: source.reading_until(until) for source in sources}
        done: list[Row] = []
        unknown: Counter[tuple[str, str]] = Counter()
        for region, ours in by_region.items():
            found, reasons = self._of_region(ours, inventories.get(region), until)
            done += found
            unknown.update((region, reason) for reason in reasons)
        return done, list(_in_words(unknown))

    def _of_region(
        self, rows: Sequence[Row], source: Inventory | None, until: datetime
    ) -> tuple[list[Row], list[str]]:
        """The rows of a region with their prices, and the reason for each unknown one."""
        to_ask = [row.instance for row in rows if source and not why_without_price(row.instance)]
        wanted = self._configurations(to_ask, source) if source and to_ask else {}
        if source:
            meant = Counter(one for one in wanted.values() if isinstance(one, Configuration))
            for one, _ in meant.most_common():
                self._ask(one, source, until)
        done, reasons = [], []
        for row in rows:
            without = why_without_price(row.instance)
            known = without or self._price(row.instance, wanted.get(row.instance.id, ""))
            if isinstance(known, str):
                reasons.append(known)
            price = known if isinstance(known, ListPrice) else None
            done.append(msgspec.structs.replace(row, list_price=price))
        return done, reasons

    def _price(self, instance: Instance, wanted: Configuration | str) -> ListPrice | str:
        """Its price, or why it is unknown."""
        if isinstance(wanted, str):
            return wanted
        costs = self._costs(wanted)
        if not costs:
            return self._unknown.get(wanted) or self._closed.get(wanted.region) or _NOT_ENOUGH
        return list_price(instance, costs, self._currency[wanted.region])

    def _costs(self, wanted: Configuration) -> Mapping[str, float]:
        """The price of each part, from its own response or from others; {}: unknown."""
        if wanted in self._answered:
            return self._answered[wanted]
        parts = wanted.parts().items()
        known = all(part in self._parts for part in parts)
        return {part[0]: self._parts[part] for part in parts} if known else {}

    def _configurations(
        self, instances: Sequence[Instance], source: Inventory
    ) -> Mapping[str, Configuration | str]:
        """By id, what to price, or why that is impossible."""
        try:
            disks = _disks(source)
        except (AccessDenied, Unavailable) as error:
            return {one.id: str(error) for one in instances}
        return {one.id: _asked(one, disks.get(one.id)) for one in instances}

    def _ask(self, wanted: Configuration, source: Inventory, until: datetime) -> None:
        """Find out what a configuration costs, unless that is known or no call is left."""
        region = wanted.region
        while not (self._costs(wanted) or wanted in self._unknown or region in self._closed):
            if self.calls >= MOST_CALLS:
                return
            self.calls += 1
            try:
                answer = source.client.ask_in_one_call("DescribePrice", _question(wanted), until)
                self._learn(wanted, *_read(answer.body, wanted))
            except NoResponse as failure:
                self._closed[region] = f"DescribePrice: {failure.reason}"
            except ErrorResponse as refusal:
                self._refused(wanted, refusal)
            except ValueError as error:
                self._unknown[wanted] = f"DescribePrice of {wanted.instance_type}: {error}"

    def _learn(self, wanted: Configuration, costs: Mapping[str, float], currency: str) -> None:
        """Remember a response.

        Raises:
            ValueError: a region's prices are in one currency, and this is another.
        """
        known = self._currency.setdefault(wanted.region, currency)
        if currency != known:
            raise ValueError(f"ECS answers it in {currency}, and others in {known}")
        self._answered[wanted] = costs
        parts = wanted.parts().items()
        self._parts |= {(name, key): costs.get(name, 0.0) for name, key in parts}

    def _refused(self, wanted: Configuration, refusal: ErrorResponse) -> None:
        if refusal.kind is Kind.DENIED:
            what, remedy = refusal.denied.in_words("DescribePrice")
            self._closed[wanted.region] = f"{what} ({refusal.code}); {remedy}"
        elif refusal.kind is not Kind.THROTTLED:
            self._unknown[wanted] = f"DescribePrice of {wanted.instance_type}: {refusal.code}"


def _asked(instance: Instance, disks: Disks | None) -> Configuration | str:
    """What to ask about an instance, or why that is impossible."""
    if disks is None or disks.system is None:
        return "ECS does not show their system disk, or not in a form that is understood"
    return configuration(instance, disks)


def _question(wanted: Configuration) -> dict[str, str]:
    question = {"ResourceType": "instance", "PriceUnit": "Hour"}
    question["InstanceType"] = wanted.instance_type
    if wanted.image_id:
        question["ImageId"] = wanted.image_id
    if wanted.network:
        question["InstanceNetworkType"] = wanted.network
    if wanted.mbps:
        question["InternetChargeType"] = "PayByBandwidth"
        question["InternetMaxBandwidthOut"] = str(wanted.mbps)
    if wanted.disks.system:
        question |= _disk("SystemDisk", wanted.disks.system)
    for number, disk in enumerate(wanted.disks.data, start=1):
        question |= _disk(f"DataDisk.{number}", disk)
    return question


def _disk(prefix: str, disk: PricedDisk) -> dict[str, str]:
    level = {f"{prefix}.PerformanceLevel": disk.level} if disk.level else {}
    return {f"{prefix}.Category": disk.category, f"{prefix}.Size": str(disk.size), **level}


def _read(body: Mapping[str, Any], wanted: Configuration) -> tuple[dict[str, float], str]:
    """The price of each part, and the currency.

    Raises:
        ValueError: the response is not in the documented form, its parts do not add up, or one that
            cannot be free is missing.
    """
    try:
        price = body["PriceInfo"]["Price"]
        infos, currency = price["DetailInfos"], price["Currency"]
        details = infos.get("DetailInfo") or infos["ResourcePriceModel"]
        stated = [(str(one["Resource"]), _number(one["OriginalPrice"])) for one in details]
        total = _number(price["OriginalPrice"])
    except (KeyError, TypeError, AttributeError, OverflowError):
        raise ValueError("ECS does not say what the parts of the price are") from None
    each = (cost for _, cost in stated)
    if total <= 0 or not all(0 <= one <= MOST_AN_HOUR for one in (total, *each)):
        raise ValueError("ECS returned an invalid price")
    costs: dict[str, float] = defaultdict(float)
    for name, cost in stated:
        costs[_NAMES.get(name, name)] += cost
    costs = {name: cost for name, cost in costs.items() if round(cost, DIGITS)}
    if strange := sorted(costs.keys() - wanted.parts().keys()):
        raise ValueError(f"ECS names parts that are not understood: {', '.join(strange)[:_SHOWN]}")
    if abs(sum(costs.values()) - total) > max(0.01, total / 100):
        raise ValueError("the parts of the price that ECS answers are not the whole")
    if missing := [one for one in wanted.parts() if one not in costs and one not in _CAN_BE_FREE]:
        raise ValueError(f"ECS answers no price of: {', '.join(missing)}")
    if not (isinstance(currency, str) and re.fullmatch("[A-Z]{3}", currency)):
        raise ValueError("ECS does not say in which currency the price is")
    return costs, currency


def _number(value: object) -> float:
    """A number in a response; texts and booleans are not accepted.

    Raises:
        TypeError: it is not a number.
        OverflowError: it is too large for any price.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _disks(source: Inventory) -> Mapping[str, Disks | None]:
    """By instance, its disks billed by the hour; None if a row cannot be parsed.

    Raises:
        AccessDenied: RAM does not allow DescribeDisks.
        Unavailable: ECS did not answer, or a disk cannot be told whose it is.
    """
    found: dict[str, Disks | None] = {}
    seen: set[object] = set()  # a disk can be on two pages if others are created meanwhile
    pages = source.pages("DescribeDisks", {"MaxResults": DISKS_PAGE}, "Disks", "Disk")
    for row, _ in pages:
        owner, disk_id = row.get("InstanceId"), row.get("DiskId")
        if not isinstance(owner, str) or not owner:
            continue
        if isinstance(disk_id, str):
            if disk_id in seen:
                continue
            seen.add(disk_id)
        found[owner] = _with_disk(found.get(owner, Disks()), row)
    return found


def _with_disk(disks: Disks | None, row: Mapping[str, Any]) -> Disks | None:
    """The disks of an instance and one more, if it is paid for by the hour."""
    try:
        disk = PricedDisk(
            str(row["Category"]), int(row["Size"]), str(row.get("PerformanceLevel") or "")
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if disks is None or row.get("DiskChargeType") == "PrePaid":
        return disks
    if row.get("Type") != "system":
        return msgspec.structs.replace(disks, data=(*disks.data, disk))
    # If two rows claim to be the system disk, it is unknown which one is.
    return None if disks.system else msgspec.structs.replace(disks, system=disk)


def _in_words(unknown: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """What is said about the instances without a price, for each region and reason."""
    for (region, reason), number in sorted(unknown.items()):
        if reason == "not shown by ECS":
            continue
        where = f" in {region}" if region else ""
        whose = f"{counted(number, 'instance')}{where}"
        if reason in {"subscription", "spot instance", "unknown charge type"}:
            yield f"no hourly list price for {whose}: {reason}"
        else:
            yield f"list price unknown for {whose}: {reason}"
