"""What the logs come to: each day's fleet, hours avoided, who was guarded, failed, left over."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from local.report.entry import Entry
from local.report.history import Machine
from local.report.picture import Day, Saving, days_of, draw
from local.report.times import NONE, minute_of
from shared.domain.guards import plain_key

UNTAGGED = ""
MOST_MACHINES = 50_000
MOST_REASONS = 5_000
"""What is kept; more than either is counted."""

MOST_KEYS = 6
"""How many tags make groups: those that most instances have."""

_UNREAD = "unreadable|not understood|cannot be read|could not be read"
_UNREAD_TAG = re.compile("unreadable|not understood")
_BILLED = "still billed"
_MODE = re.compile("; stopped in (?:KeepCharging|StopCharging).*")


@dataclass(slots=True)
class Group:
    """The instances with one value of a tag; ``UNTAGGED`` are those without it.

    Attributes:
        values: How many values these are; more than one has no ``value``.
    """

    value: str
    machines: int = 0
    saving: Saving = field(default_factory=Saving)
    values: int = 1


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
        omitted: How many lines tell of more instances or reasons than are kept.
        more_keys: How many further tags make no groups.
    """

    zone: tzinfo
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
    omitted: int
    more_keys: int


def at_most(groups: Sequence[Group], number: int) -> Sequence[Group]:
    """The first groups as they are; of the others, if there are any, one."""
    if len(groups) <= number:
        return groups
    others = Group("", values=len(groups) - number)
    for one in groups[number:]:
        others.machines += one.machines
        others.saving.merge(one.saving)
    return [*groups[:number], others]


class _Said:
    """What was said, of whom, and when each time."""

    def __init__(self) -> None:
        self._times: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.omitted = 0

    def add(self, what: str, of: str, at: int) -> None:
        """It was said once more; nothing is said by ""."""
        if what and (what in self._times or len(self._times) < MOST_REASONS):
            self._times[what][of].append(at)
        else:
            self.omitted += bool(what)

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
        self._omitted = 0
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
            if len(self.machines) >= MOST_MACHINES:
                self._omitted += 1
                return
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
        seen = [one.at for machine in machines for one in machine.sightings]
        pictures = days_of([*seen, *(at for at, _ in self._runs if at != NONE)], days, zone)
        since = pictures[0].begin if pictures else NONE
        groups, more_keys = _groups(machines)
        total = Saving()
        for machine in machines:
            savings = [
                total,
                *(values[_value(machine, key)].saving for key, values in groups.items()),
            ]
            for minutes, mode, day in draw(machine, pictures):
                for saving in (day.saving, *savings):
                    saving.add(minutes, machine, mode)
        billed = self._billed()
        said = (self._guarded, self._failed, self._unread, billed)
        return Night(
            zone=zone,
            days=pictures,
            total=total,
            machines=len(machines),
            groups={key: _most_first(values.values()) for key, values in groups.items()},
            guarded=self._told(self._guarded, since),
            failed=self._told(self._failed, since),
            unread=self._told(self._unread, since),
            billed=self._told(billed, NONE),
            runs=Counter(outcome for at, outcome in self._runs if at == NONE or at >= since),
            untimed=self.untimed,
            omitted=self._omitted + sum(one.omitted for one in said),
            more_keys=more_keys,
        )

    def _told(self, said: _Said, since: int) -> list[Told]:
        """By reason, who it is said of from a minute on; those of most instances first."""
        told = [
            Told(what, sorted(self._name(one) for one in ids if one), sum(ids.values()))
            for what, ids in said.since(since)
        ]
        return sorted(told, key=lambda one: (-len(one.names), -one.times, one.what))

    def _billed(self) -> _Said:
        """What is off or gone, as last read, and is still billed."""
        found = _Said()
        for machine in self.machines.values():
            billed = "; ".join(part for part in machine.told.split("; ") if _BILLED in part)
            found.add(billed, machine.id, machine.last_at)
        return found

    def _name(self, instance_id: str) -> str:
        return self.machines[instance_id].name or instance_id


def _unread(text: str) -> Sequence[str]:
    """What a text says that cannot be read: each tag, or all of it if it names none."""
    text = _MODE.sub("", text)
    return ([*_unread_tags(text)] or [text]) if re.search(_UNREAD, text) else ()


def _unread_tags(text: str) -> Iterator[str]:
    """What is said of each tag, up to the word by which it is unread; the text is read once."""
    at = 0
    while (at := text.find("tag ", at)) >= 0:
        end = at + len(text[at:].partition(";")[0])
        if found := _UNREAD_TAG.search(text, at, end):
            yield text[at : found.end()]
            at = found.end()
        elif text.find(" cannot be read", at, end) >= 0:
            yield text[at:]
            return
        else:
            at = end


def _groups(machines: Sequence[Machine]) -> tuple[dict[str, dict[str, Group]], int]:
    """By tag key, the groups of its values; and how many keys are left out.

    A key is one whatever its spelling, and called as it was first seen. Those that most have stay.
    """
    keys: dict[str, str] = {}
    numbers: Counter[str] = Counter()
    for key in (key for machine in machines for key in machine.tags):
        numbers[keys.setdefault(plain_key(key), key)] += 1
    most = {key for key, _ in numbers.most_common(MOST_KEYS)}
    groups: dict[str, dict[str, Group]] = {key: {} for key in keys.values() if key in most}
    for key, values in groups.items():
        for machine in machines:
            value = _value(machine, key)
            group = values.setdefault(value, Group(value))
            group.machines += 1
    return groups, len(keys) - len(groups)


def _value(machine: Machine, key: str) -> str:
    """What a machine has there, however it spells the key."""
    if key in machine.tags:
        return machine.tags[key]
    plain = plain_key(key)
    return next((v for own, v in machine.tags.items() if plain_key(own) == plain), UNTAGGED)


def _most_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda one: (-one.saving.minutes, -one.machines, one.value))
