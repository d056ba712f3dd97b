"""Whose instance is whose, once all lines were taken: one of an account, by account and id.

Logs of versions before 0.2.0, and answers, do not say an account. What they tell of an id belongs
to the account in which the other lines have it, if that is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from local.report.history import Machine
from local.report.pricing import currency_of

Key = tuple[str, str]
"""An account, "" if it is not known, and the id of an instance, "" for none of them."""


@dataclass(frozen=True, slots=True)
class Roster:
    """All instances.

    Attributes:
        machines: Each once.
        accounts: Those of the logs, if they are several: then names say the account.
    """

    machines: Mapping[Key, Machine]
    accounts: frozenset[str]
    _homes: Mapping[Key, Key]

    @classmethod
    def of(cls, seen: Mapping[Key, Machine], accounts: Iterable[str]) -> Roster:
        """Puts together what lines with an account and lines without have told of an instance."""
        known: dict[str, list[str]] = defaultdict(list)
        for account, one in seen:
            if account:
                known[one].append(account)
        homes = {
            ("", one): (owners[0], one)
            for one, owners in known.items()
            if len(owners) == 1 and ("", one) in seen
        }
        machines = {key: machine for key, machine in seen.items() if key not in homes}
        for key, home in homes.items():
            machines[home] = machines[home].joined(seen[key])
        several = frozenset(filter(None, accounts))
        return cls(machines, several if len(several) > 1 else frozenset(), homes)

    def settle_prices(self) -> int:
        """Give each instance the price that is believed; of how many another one is not."""
        places: dict[Key, list[Machine]] = defaultdict(list)
        for machine in self.machines.values():
            if machine.prices.by_currency:
                places[machine.account, machine.region].append(machine)
        doubted = 0
        for machines in places.values():
            currency = currency_of([one.prices for one in machines])
            for machine in machines:
                machine.price = machine.prices.latest(currency)
                doubted += machine.prices.by_currency.keys() != {currency}
        return doubted

    def names(self, keys: Iterable[Key]) -> list[str]:
        """What these are called, each once; of several accounts, with theirs."""
        homes = {self._homes.get(key, key) for key in keys}
        return sorted(name for key in homes if (name := self._name(key)))

    def account(self, machine: Machine) -> str:
        """The account of an instance, where there are several; "" else, or if it is not known."""
        return machine.account if self.accounts else ""

    def _name(self, key: Key) -> str:
        machine = self.machines.get(key)
        if machine is None:
            return key[0] if self.accounts else ""
        account = self.account(machine)
        return f"{machine.name or machine.id}{f' ({account})' if account else ''}"
