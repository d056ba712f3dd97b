"""Notifying the channels of one invocation, once, when its last message has ended.

No failure here changes the invocation's outcome: it is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from shared.base.clock import Clock
from shared.base.errors import Refused
from shared.base.parallel import Runner
from shared.notify.message import Ending, Run
from shared.notify.notices import LONGEST_S, Post, Told, read_notices
from shared.report.log import Origin, log_notice, log_unforeseen

_AFTERWARDS_S = 0.3
"""The time reserved for responding after the channels have been notified."""


class Telling:
    """What is reported about one invocation, message by message."""

    def __init__(  # noqa: PLR0913  # what it touches, as ``World`` has it
        self,
        environ: Mapping[str, str],
        poster: Callable[[Mapping[str, str]], Post],
        side_by_side: Runner,
        clock: Clock,
        *,
        killed_at: datetime,
        account: str,
    ) -> None:
        self._environ = environ
        self._poster = poster
        self._side_by_side = side_by_side
        self._clock = clock
        self._killed_at = killed_at
        self._account = account
        self._notices = read_notices(environ)
        self._endings: list[Ending] = []
        self._told = False

    longest_s = LONGEST_S

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the addresses, for the report's warnings."""
        return self._notices.channels.problems

    def add(self, ending: Ending) -> None:
        """Record the outcome of one message that may be reported."""
        self._endings.append(ending)

    def tell(self, origin: Origin) -> list[str]:
        """Notify the channels, if this is a run to report and they have not been notified.

        Returns: A sentence for each that could not be notified.
        """
        if self._told or not self._endings:
            return []
        self._told = True
        run = Run(origin, self._account, tuple(self._endings))
        if not self._notices.wanted(run):
            return []
        try:
            told = self._tell(run)
        except Refused as error:
            told = [Told("", f"no notice was sent: {error}")]
        except Exception as error:  # noqa: BLE001  # a notice changes no outcome
            told = [Told("", f"no notice was sent: {log_unforeseen(error)}")]
        for one in told:
            log_notice(origin, one.channel, one.problem)
        return [one.problem for one in told if one.problem]

    def _tell(self, run: Run) -> list[Told]:
        left_s = (self._killed_at - self._clock.now()).total_seconds() - _AFTERWARDS_S
        return self._notices.tell(
            run,
            self._poster(self._environ),
            self._side_by_side,
            self._clock,
            left_s=min(left_s, LONGEST_S),
        )
