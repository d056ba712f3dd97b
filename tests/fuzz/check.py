"""What must hold for every event, however mad: a typed, short answer, no write unasked."""

from __future__ import annotations

import json
import logging
from collections import Counter
from datetime import datetime, timezone
from typing import Any

from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import default_fleet
from shared.base.errors import CurfewError, InvalidEvent, Refused
from shared.report.response import HTTP_STATUS
from tests.fuzz.events import Fuzzer
from tests.harness.actions import FUNCTIONS
from tests.harness.stage import Stage

LONGEST = 300
"""No message about a single request has so many characters."""

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=timezone.utc)
"""Right after most samples were sent, so that they are fresh."""

_NAMES = frozenset({"ci-runner-1", "dev-license-server", "dev-old-1", "dev-web-1", "prod-db-1"})
_BY_NAME = {error.__name__: error for error in HTTP_STATUS}


class FuzzError(AssertionError):
    """An event that was not answered as it must be."""


class Checker:
    """Sends events to all functions, and holds what comes back against the rules.

    Attributes:
        outcomes: how often each function ended in what: ``report``, or an error's class.
    """

    def __init__(self, seed: int | str) -> None:
        self.outcomes: Counter[str] = Counter()
        self._seed = seed
        self._fuzzer = Fuzzer(seed)
        self._stage = _staged()
        self._number = -1

    def check(self, count: int) -> None:
        """Send so many more events to each of the functions.

        Raises:
            FuzzError: one was not answered as it must be; says which.
        """
        for _ in range(count):
            self._number += 1
            event = self._fuzzer.event()
            for function in FUNCTIONS:
                outcome = self._outcome(function, event)
                self.outcomes[outcome] += 1
                if self._stage.writes() or self._stage.clock.now() != NOW:
                    self._stage = _staged()

    def _outcome(self, function: str, event: bytes) -> str:
        try:
            answer = self._stage.deliver(function, event)
        except CurfewError as error:
            name, message = type(error).__name__, str(error)
        except Exception as error:
            raise self._failure(function, event, f"untyped {error!r}") from error
        else:
            name, message = _error_in(answer)
        self._check_message(function, event, name, message)
        if name in {"InvalidEvent", "Refused"} and not _is_list(event) and self._stage.writes():
            raise self._failure(function, event, f"{name}, but {self._stage.operations()}")
        return name

    def _check_message(self, function: str, event: bytes, name: str, message: str) -> None:
        if name not in _BY_NAME or _BY_NAME[name] not in {InvalidEvent, Refused}:
            return
        most = LONGEST if not _is_list(event) else 9000
        if not 0 < len(message) < most:
            raise self._failure(function, event, f"{len(message)} characters: {message}")

    def _failure(self, function: str, event: bytes, problem: str) -> FuzzError:
        which = f"seed {self._seed}, event {self._number}, {function}"
        return FuzzError(f"{which}: {problem[:500]}\n{event[:2000]!r}")


def outcomes_of(chunk: tuple[str, int]) -> Counter[str]:
    """Check so many events of a seed, without any log; how often they ended in what.

    Raises:
        FuzzError: as ``Checker.check``.
    """
    seed, count = chunk
    logging.disable()
    checker = Checker(seed)
    checker.check(count)
    return checker.outcomes


def _error_in(answer: Any) -> tuple[str, str]:  # noqa: ANN401  # a handler's answer
    """The class and the message of the error in an HTTP answer; else ``report``."""
    text = json.dumps(answer)
    if "statusCode" in answer and answer["statusCode"] != 200:  # success
        body = json.loads(answer["body"])
        name, message = body["errorType"], body["errorMessage"]
        if HTTP_STATUS[_BY_NAME[name]] != answer["statusCode"]:
            raise FuzzError(text[:500])
        return name, message
    return "report", ""


def _is_list(event: bytes) -> bool:
    return event.lstrip().startswith(b"[") or event.lstrip()[:1] in {b"W", b"I"}


def _staged() -> Stage:
    """Some of the fleet that the samples are about, as every event finds it."""
    fleet = default_fleet(NOW).instances
    return Stage([one for one in fleet if one.name in _NAMES], clock=ManualClock(NOW))
