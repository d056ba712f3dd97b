"""What the logs come to: each day's fleet, hours avoided, who was guarded, failed, left over."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo

from local.report.entry import Entry
from local.report.history import Machine, Spell, State
from local.report.times import NONE, days_until, end_of, minute_of, moment
from shared.domain.guards import plain_key

SLOT = 15
"""Minutes in one step of a day's picture."""

SLOTS = 24 * 60 // SLOT
UNTAGGED = ""
_UNREAD = "unreadable|not understood|cannot be read|could not be read"
_BILLED = "still billed"
_MODE = re.compile("; stopped in (?:KeepCharging|StopCharging).*")


@dataclass(slots=True)
class Saving:
    """Hours for which instances were off since Curfew stopped them, and what that avoided.

    Attributes:
        minutes: How long, all together.
        unpriced: The part of it of which nobody knows what it avoided: no price in the logs, or no
            proof that the instance was stopped in economical mode. Subscriptions avoid nothing.
        money: By currency, at list price.
    """

    minutes: int = 0
    unpriced: int = 0
    money: dict[str, float] = field(default_factory=dict)

    def add(self, minutes: int, machine: Machine, mode: str) -> None:
        """Add a time for which an instance was off."""
        self.minutes += minutes
        price = machine.price
        if mode == "KeepCharging" or machine.charge_type == "PrePaid":
            return
        if price is None or mode != "StopCharging":
            self.unpriced += minutes
            return
        self.money[price.currency] = self.money.get(price.currency, 0.0) + price.ends * minutes / 60


@dataclass(slots=True)
class Day:
    """One day of the zone.

    Attributes:
        states: For each state of `State`, how many instances were in it, slot by slot.
    """

    date: date
    begin: int
    saving: Saving = field(default_factory=Saving)
    states: list[list[int]] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """The instances with one value of a tag; ``UNTAGGED`` are those without it."""

    value: str
    machines: int = 0
    saving: Saving = field(default_factory=Saving)


@dataclass(slots=True)
class Told:
    """One thing to be told of some instances: a reason, and how often."""

    what: str
    names: list[str] = field(default_factory=list)
    times: int = 0


@dataclass(slots=True)
class Night:
    """All of it.

    Attributes:
        days: In order.
        groups: By tag key, its values, those that avoided most first.
        runs: By outcome, how many runs there were; ``error`` are those that came to nothing.
        guarded: By reason; like ``failed`` and ``unread`` of these days.
        billed: What is off or gone, as last read, and is still billed.
        untimed: How many lines about instances have no time, so that they are in no picture.
    """

    zone: tzinfo
    until: int
    days: list[Day]
    total: Saving
    machines: int
    groups: Mapping[str, Sequence[Group]]
    guarded: Sequence[Told]
    failed: Sequence[Told]
    unread: Sequence[Told]
    billed: Sequence[Told]
    runs: Mapping[str, int]
    untimed: int


class _Said:
    """What was said, of whom, and when each time."""

    def __init__(self) -> None:
        self._times: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))

    def add(self, what: str, of: str, at: int) -> None:
        """It was said once more; nothing is said by ""."""
        if what:
            self._times[what][of].append(at)

    def since(self, minute: int) -> Iterator[tuple[str, Mapping[str, int]]]:
        """How often what was said of whom from then on; what has no time counts, too."""
        for what, ids in self._times.items():
            times = {
                one: number
                for one, all_times in ids.items()
                if (number := sum(at == NONE or at >= minute for at in all_times))
            }
            if times:
                yield what, times


class Gathering:
    """Takes lines one by one; then ``night`` tells what they come to."""

    def __init__(self) -> None:
        """Nothing is gathered yet."""
        self.machines: dict[str, Machine] = {}
        self.untimed = 0
        self._known: set[int] = set()
        self._runs: list[tuple[int, str]] = []
        self._guarded, self._failed, self._unread = _Said(), _Said(), _Said()

    def add(self, entry: Entry) -> None:
        """Take a line; one that was there before, as in exports that overlap, counts once."""
        is_new = not entry.request_id or entry.identity not in self._known
        self._known.add(entry.identity)
        if entry.log == "instance":
            self._see(entry, is_new=is_new)
        elif is_new:
            self._hear(entry)

    def _hear(self, entry: Entry) -> None:
        at = minute_of(entry.ended_at or entry.logged_at)
        if entry.log == "run":
            self._runs.append((at, entry.outcome or "unknown"))
        elif entry.log == "error":
            self._runs.append((at, "error"))
            self._failed.add(f"{entry.action}: {entry.error}: {entry.message}", "", at)
        elif entry.log == "warning" and " tag " not in entry.message:  # which rows say, too
            for what in _unread(entry.message):
                self._unread.add(what, "", at)

    def _see(self, entry: Entry, *, is_new: bool) -> None:
        machine = self.machines.get(entry.id)
        if machine is None:
            machine = self.machines[entry.id] = Machine(entry.id)
        at = minute_of(entry.seen_at or entry.logged_at)
        machine.see(entry, at)
        if not is_new:
            return
        self.untimed += at == NONE
        unread = _unread(entry.reason)
        for what in unread:
            self._unread.add(what, entry.id, at)
        if entry.result == "skipped" and not unread:
            self._guarded.add(_MODE.sub("", entry.reason), entry.id, at)
        elif entry.result in {"failed", "pending"}:
            parts = (entry.action, entry.code, entry.reason.removeprefix(f"{entry.action}: "))
            self._failed.add(": ".join(filter(None, parts)), entry.id, at)

    def night(self, zone: tzinfo, days: int) -> Night:
        """What the last days, up to the last line with a time, come to."""
        machines = list(self.machines.values())
        first, until = self._span()
        picture = _picture(machines, (first, until), zone, days)
        since = picture.days[0].begin if picture.days else NONE
        groups = _groups(machines)
        for machine, minutes, mode, day in picture.avoided:
            day.saving.add(minutes, machine, mode)
            picture.total.add(minutes, machine, mode)
            for key, values in groups.items():
                values[_value(machine, key)].saving.add(minutes, machine, mode)
        return Night(
            zone=zone,
            until=until,
            days=picture.days,
            total=picture.total,
            machines=len(machines),
            groups={key: _most_first(values.values()) for key, values in groups.items()},
            guarded=self._told(self._guarded, since),
            failed=self._told(self._failed, since),
            unread=self._told(self._unread, since),
            billed=self._billed(),
            runs=Counter(outcome for at, outcome in self._runs if at == NONE or at >= since),
            untimed=self.untimed,
        )

    def _span(self) -> tuple[int, int]:
        """The first and the last minute of which a line tells; ``NONE`` if none does."""
        seen = [one.at for machine in self.machines.values() for one in machine.sightings]
        times = seen + [at for at, _ in self._runs if at != NONE]
        return (min(times), max(times)) if times else (NONE, NONE)

    def _told(self, said: _Said, since: int) -> list[Told]:
        """By reason, who it is said of from a minute on; those of most instances first."""
        told = [
            Told(what, sorted(self._name(one) for one in ids if one), sum(ids.values()))
            for what, ids in said.since(since)
        ]
        return sorted(told, key=lambda one: (-len(one.names), -one.times, one.what))

    def _billed(self) -> list[Told]:
        """What is off or gone, as last read, and is still billed."""
        found = _Said()
        for machine in self.machines.values():
            billed = "; ".join(part for part in machine.told.split("; ") if _BILLED in part)
            found.add(billed, machine.id, machine.last_at)
        return self._told(found, NONE)

    def _name(self, instance_id: str) -> str:
        return self.machines[instance_id].name or instance_id


def _unread(text: str) -> Sequence[str]:
    """What a text says that cannot be read: each tag, or all of it if it names none."""
    text = _MODE.sub("", text)
    if not re.search(_UNREAD, text):
        return ()
    tags = "tag [^;]*?(?:unreadable|not understood)|tag [^;]* cannot be read.*"
    return re.findall(tags, text) or [text]


@dataclass(slots=True)
class _Picture:
    days: list[Day]
    total: Saving = field(default_factory=Saving)
    avoided: list[tuple[Machine, int, str, Day]] = field(default_factory=list)


def _picture(
    machines: Iterable[Machine], seen: tuple[int, int], zone: tzinfo, number: int
) -> _Picture:
    """The days, with how many instances were in which state when."""
    first, until = seen
    if first == NONE:
        return _Picture([])
    whole = (moment(until, zone).date() - moment(first, zone).date()).days + 1
    begins = days_until(until, min(number, whole), zone)
    picture = _Picture([Day(day, begin) for day, begin in begins])
    ends = [*(day.begin for day in picture.days[1:]), end_of(begins, zone)]
    changes = [[[0] * (SLOTS + 1) for _ in State] for _ in picture.days]
    for machine in machines:
        for spell in machine.spells():
            for index, begin, end in _by_day(spell, picture.days, ends):
                day = picture.days[index]
                if spell.state is State.AVOIDED:
                    picture.avoided.append((machine, end - begin, spell.mode, day))
                row = changes[index][spell.state]
                row[_slot(begin - day.begin)] += 1
                row[_slot(end - day.begin)] -= 1
    for day, rows in zip(picture.days, changes, strict=True):
        day.states = [_summed(row) for row in rows]
    return picture


def _by_day(
    spell: Spell, days: Sequence[Day], ends: Sequence[int]
) -> Iterator[tuple[int, int, int]]:
    """The parts of a spell that lie in these days."""
    for index in range(bisect_right(ends, spell.begin), len(days)):
        begin = days[index].begin
        if begin >= spell.end:
            return
        yield index, max(spell.begin, begin), min(spell.end, ends[index])


def _slot(minutes: int) -> int:
    """The step of a day's picture that begins nearest; so one spell begins where another ends."""
    return min((minutes + SLOT // 2) // SLOT, SLOTS)


def _summed(changes: Sequence[int]) -> list[int]:
    now, sums = 0, []
    for change in changes[:SLOTS]:
        now += change
        sums.append(now)
    return sums


def _groups(machines: Sequence[Machine]) -> dict[str, dict[str, Group]]:
    """By tag key, the groups of its values; keys that no instance has are left out.

    A key is one whatever its spelling, and called as it was first seen.
    """
    keys: dict[str, str] = {}
    for key in (key for machine in machines for key in machine.tags):
        keys.setdefault(plain_key(key), key)
    groups: dict[str, dict[str, Group]] = {key: {} for key in keys.values()}
    for key, values in groups.items():
        for machine in machines:
            value = _value(machine, key)
            group = values.setdefault(value, Group(value))
            group.machines += 1
    return groups


def _value(machine: Machine, key: str) -> str:
    """What a machine has there, however it spells the key."""
    if key in machine.tags:
        return machine.tags[key]
    plain = plain_key(key)
    return next((v for own, v in machine.tags.items() if plain_key(own) == plain), UNTAGGED)


def _most_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda one: (-one.saving.minutes, -one.machines, one.value))
