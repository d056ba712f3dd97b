"""A pytest plugin: ECS in process under the Python SDKs, or served on its own port.

Enable it with ``pytest_plugins = ["local.ecs.testing"]`` and request the fixture ``fake_ecs`` or
``ecs_server``. The emulator is imported on first use, so that other test runs are not slower.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from local.ecs.account.quirks import Quirks
    from local.ecs.emulator import Emulator
    from local.ecs.fake import FakeEcs, FleetSource
    from local.ecs.server import LocalEcs


_MARKER = (
    "fake_ecs(fleet=None, *, now, quirks): what the fixtures fake_ecs and ecs_server start with; "
    "mock_ecs takes the same"
)
_NO_SERVER = (
    "The fixture ecs_server needs Python's package aiohttp, which is not installed: install "
    'alibaba-cloud-ecs-emulator with its extra "server", or use fake_ecs, which does without.'
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker (a pytest hook)."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def fake_ecs(request: pytest.FixtureRequest, mocker: MockerFixture) -> Iterator[FakeEcs]:
    """ECS with the default fleet on a manual clock, with its key in the environment.

    The marker ``fake_ecs`` changes how it starts: ``@pytest.mark.fake_ecs(fleet={})``, with the
    arguments of `local.ecs.mock.mock_ecs`.

    A request that would leave the machine raises `local.ecs.fake.StrayRequestError`, and fails the
    test at its end even if the code under test has swallowed the error.
    """
    from local.ecs.fake import new_fake  # noqa: PLC0415  # only for who asks for it
    from local.ecs.mount import environment, mount  # noqa: PLC0415  # likewise

    marker = request.node.get_closest_marker("fake_ecs")
    fake = new_fake(*marker.args, **marker.kwargs) if marker else new_fake()
    mocker.patch.dict(os.environ, environment(os.environ), clear=True)
    mount(fake, lambda place, value: mocker.patch(place, new=value))
    yield fake
    fake.check()


@pytest.fixture
def ecs_server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalEcs]:
    """The emulator on a port of this machine, for code outside this process.

    Point clients at its ``url``; key and secret are ``local``, and in the environment. Its
    ``clock`` runs, and can be advanced. The marker ``fake_ecs`` applies here, too. Without aiohttp
    the test fails, and says what to install.
    """
    from local.ecs.mount import environment  # noqa: PLC0415  # only for who asks for it

    try:
        from local.ecs.server import LocalEcs  # noqa: PLC0415  # likewise
    except ModuleNotFoundError as error:
        if error.name != "aiohttp":
            raise
        pytest.fail(_NO_SERVER, pytrace=False)
    for name in os.environ.keys() - environment(os.environ).keys():
        monkeypatch.delenv(name)
    for name, value in environment(os.environ).items():
        monkeypatch.setenv(name, value)
    marker = request.node.get_closest_marker("fake_ecs")
    emulator = _emulator(*marker.args, **marker.kwargs) if marker else None
    with LocalEcs(emulator) as server:
        yield server


def _emulator(
    fleet: FleetSource | None = None, *, now: datetime | None = None, **options: Quirks
) -> Emulator:
    """An emulator on a running clock, starting at ``now`` if given."""
    from local.ecs.clock import RealClock  # noqa: PLC0415  # only for who asks for it
    from local.ecs.fake import new_emulator  # noqa: PLC0415  # likewise

    return new_emulator(fleet, RealClock(now), **options)
