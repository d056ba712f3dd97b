from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.ecs.clock import ManualClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.server import LocalEcs
from tests.clients.adapters import NODE_CLIENTS, PYTHON, Client, Node, node, through_node


@pytest.fixture(scope="session")
def running_node() -> Iterator[Node]:
    with node() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    """What passes the time of the emulator."""
    return ManualClock()


@pytest.fixture
def ecs(clock: ManualClock) -> Iterator[LocalEcs]:
    """An emulator on a socket, with the default fleet."""
    with LocalEcs(Emulator(Options(build=lambda: default_engine(clock)))) as running:
        yield running


@pytest.fixture
def client(request: pytest.FixtureRequest, ecs: LocalEcs) -> Client:
    """The client whose name is the test's parameter."""
    name = request.param
    if name in PYTHON:
        return Client(PYTHON[name], ecs.url)
    running = request.getfixturevalue("running_node")
    return Client(through_node(running, NODE_CLIENTS[name]), ecs.url)
