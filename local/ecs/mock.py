"""ECS in process as a decorator and a context manager, for tests with or without pytest.

Code under test uses its SDK as it always does, endpoints and signatures included; what it would
send to ``*.aliyuncs.com`` the emulator answers without a socket. `local.ecs.testing` has the same
as fixtures.
"""

from __future__ import annotations

import os
from contextlib import ContextDecorator, ExitStack
from pathlib import Path
from typing import final
from unittest import mock

from local.ecs.fake import FakeEcs, new_fake
from local.ecs.mount import environment, mount


@final
class mock_ecs(ContextDecorator):  # noqa: N801  # used as a decorator, and so named like one
    """ECS in process for as long as a ``with`` block or a decorated function lasts.

    ``@mock_ecs()`` above a function, or ``with mock_ecs() as ecs:``, which gives the `FakeEcs`.
    The environment holds the emulator's key meanwhile. Each call of a decorated function has an
    emulator of its own.

    Raises:
        StrayRequestError: a request would have left the machine; where it would have, and once
            more at the end if the code under test has swallowed it.
        FleetFileError: the fleet cannot be read; on entering.
    """

    def __init__(self, fleet: str | Path | None = None) -> None:
        """Prepare; nothing is mounted yet.

        Args:
            fleet: a fleet file, YAML or JSON; the default fleet without.
        """
        self._fleet = fleet
        self._stack = ExitStack()
        self._fake: FakeEcs | None = None

    def _recreate_cm(self) -> mock_ecs:
        """A mock for one call of a decorated function (``contextlib`` asks for it)."""
        return mock_ecs(self._fleet)

    def __enter__(self) -> FakeEcs:
        self._fake = new_fake(self._fleet)
        enter = self._stack.enter_context
        enter(mock.patch.dict(os.environ, environment(os.environ), clear=True))
        mount(self._fake, lambda place, value: enter(mock.patch(place, value)))
        return self._fake

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stack.close()
        if self._fake and kind is None:
            self._fake.check()
