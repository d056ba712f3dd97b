"""The words of table and page, in English and Chinese, from ``words.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import yaml

from shared.notify.reasons import in_chinese

LANGUAGES = ("en", "zh")
_LEAST_HOURS, _FEW_HOURS = 0.05, 9.95
_WEEKDAYS = "一二三四五六日"
_LEAST_SUM, _SMALL_SUM = 0.005, 100
_MOST_CURRENCIES = 3


class Words:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        """Takes one of ``LANGUAGES``."""
        self.language = language
        column = LANGUAGES.index(language)
        texts = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
        self._words = {word: both[column] for word, both in texts.items()}

    def __call__(self, word: str, *values: object) -> str:
        """A word or sentence with these values filled in."""
        return str(self._words[word]).format(*values)

    def counted(self, sentence: str, number: int) -> str:
        """A sentence with a number; in its singular form for one, if there is one."""
        return self(self.form(sentence, number), f"{number:,}")

    def form(self, word: str, number: int) -> str:
        """The key of the word for this number: ``runs``, but ``runs_one`` for 1."""
        one = f"{word}_one"
        return one if number == 1 and one in self._words else word

    def reason(self, reason: str) -> str:
        """A log's text; in Chinese if known, otherwise in quotation marks."""
        return in_chinese(reason) if self.language == "zh" else reason

    def day(self, day: date) -> str:
        """A day with its weekday: ``Mon 23 Nov``, ``11月23日 周一``."""
        if self.language == "zh":
            return f"{day.month}月{day.day}日 周{_WEEKDAYS[day.weekday()]}"
        return f"{day:%a} {day.day} {day:%b}"

    def period(self, first: date, last: date) -> str:
        """From one day to another: ``2 to 20 November 2026``."""
        if self.language == "zh":
            year = "" if last.year == first.year else f"{last.year}年"
            until = "" if first == last else f"至{year}{last.month}月{last.day}日"
            return f"{first.year}年{first.month}月{first.day}日{until}"
        if first == last:
            return f"{last.day} {last:%B %Y}"
        month = "" if (first.year, first.month) == (last.year, last.month) else f" {first:%B}"
        year = "" if first.year == last.year else f" {first.year}"
        return f"{first.day}{month}{year} to {last.day} {last:%B %Y}"

    @staticmethod
    def hours(minutes: int) -> str:
        """Hours as people write them: ``1,234`` or, for few, ``7.5``, ``<0.1``."""
        hours = minutes / 60
        if 0 < hours < _LEAST_HOURS:
            return "<0.1"
        return f"{hours:,.1f}" if 0 < hours < _FEW_HOURS else f"{hours:,.0f}"

    @staticmethod
    def money(money: Mapping[str, float], unpriced: int = 0) -> str:
        """Sums of several currencies: ``CNY 1,234``; "" for none, ``…`` for more than three.

        Args:
            money: By currency.
            unpriced: Minutes of which nobody knows what they avoided: ``CNY 1,234 + ?``.
        """
        sums = [f"{currency} {_sum(amount)}" for currency, amount in sorted(money.items())]
        shown = sums[:_MOST_CURRENCIES] + ["…"] * (len(sums) > _MOST_CURRENCIES)
        return " + ".join(shown + ["?"] * bool(unpriced))


def _sum(amount: float) -> str:
    if 0 < amount < _LEAST_SUM:
        return "<0.01"
    return f"{amount:,.2f}" if amount < _SMALL_SUM else f"{amount:,.0f}"
