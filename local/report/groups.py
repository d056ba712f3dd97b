"""Instances by account and by tag: how many, and what was avoided."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from local.report.history import Machine
from local.report.picture import Saving
from local.report.roster import Roster
from shared.domain.guards import plain_key

MOST_KEYS = 6
"""How many tags form groups: the most common ones."""


@dataclass(slots=True)
class Group:
    """The instances with one value of a tag, in one account if the logs have several.

    Attributes:
        value: The value, "" if they have none; of a group by account, "".
        values: How many values these are; more than one has no ``value``.
        account: Whose they are; "": not known, or there are not several.
    """

    value: str
    machines: int = 0
    saving: Saving = field(default_factory=Saving)
    values: int = 1
    account: str = ""


@dataclass(slots=True)
class Groups:
    """All instances by one tag; ``key`` is "" of those by account alone."""

    key: str
    roster: Roster
    _groups: dict[tuple[str, str], Group] = field(default_factory=dict)

    def of(self, machine: Machine) -> Group:
        """The group of an instance."""
        value, account = _value(machine, self.key), self.roster.account(machine)
        if (value, account) not in self._groups:
            self._groups[value, account] = Group(value, account=account)
        return self._groups[value, account]

    def most_first(self) -> list[Group]:
        """Those that avoided the most first."""
        return sorted(
            self._groups.values(),
            key=lambda one: (-one.saving.minutes, -one.machines, one.value, one.account),
        )


def at_most(groups: Sequence[Group], number: int) -> Sequence[Group]:
    """The first groups unchanged, and the others, if any, as one."""
    if len(groups) <= number:
        return groups
    others = Group("", values=len(groups) - number)
    for one in groups[number:]:
        others.machines += one.machines
        others.saving.merge(one.saving)
    return [*groups[:number], others]


def groups_of(roster: Roster) -> tuple[list[Groups], int]:
    """Those by account, then those by tag, by its name; and how many tags are left out.

    A key is one whatever its spelling, and called as most instances spell it. Those that most have
    stay.
    """
    machines = roster.machines.values()
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for key in (key for machine in machines for key in machine.tags):
        spellings[plain_key(key)][key] += 1
    most = sorted(spellings, key=lambda one: (-spellings[one].total(), one))[:MOST_KEYS]
    keys = [_spelling(one, spellings[one]) for one in sorted(most)]
    groups = [Groups(key, roster) for key in ("", *keys)]
    for one in groups:
        for machine in machines:
            one.of(machine).machines += 1
    return groups, len(spellings) - len(keys)


def _spelling(plain: str, numbers: Counter[str]) -> str:
    """How most instances spell a key; of as many each, the plain one."""
    return min(numbers, key=lambda one: (-numbers[one], one != plain, one))


def _value(machine: Machine, key: str) -> str:
    """What a machine has there, however it spells the key; "" if it says nothing there."""
    if not key:
        return ""
    if said := machine.tags.get(key, "").strip():
        return said
    plain = plain_key(key)
    spelt = (value.strip() for own, value in machine.tags.items() if plain_key(own) == plain)
    return next(filter(None, spelt), "")
