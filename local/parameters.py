"""Kinds of parameters that several commands of the command line take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

import click

from local.deployment import function_names
from local.envelopes import ENVELOPES


class OneOf(click.ParamType[str]):
    """A name out of a few; ``set-auto-release`` is taken for ``set_auto_release``."""

    def __init__(self, name: str, known: Callable[[], Iterable[str]]) -> None:
        """Takes what to call such a name, and what gives all of them."""
        self.name = name
        self._known = known

    def convert(
        self,
        value: str,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """The name as it is spelt in Python."""
        known = tuple(self._known())
        wanted = value.replace("-", "_")
        if wanted not in known:
            near = get_close_matches(wanted, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            self.fail(
                f"there is no {self.name} {value!r}.{hint} There are: {', '.join(known)}.",
                param,
                ctx,
            )
        return wanted


FUNCTION = OneOf("function", function_names)
TRIGGER = OneOf("trigger", lambda: ENVELOPES)
