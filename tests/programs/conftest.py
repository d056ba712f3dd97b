from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.ecs.account.durations import NO_TIME
from local.ecs.authority import VARIABLES, Authority
from local.ecs.clock import RealClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from local.ecs.server import LocalEcs
from tests.programs.metadata import HOST, metadata_before
from tests.programs.program import Program

TRUST = Path(__file__).parent / "trust"
FLEET = Fleet(
    (
        InstanceSpec(name="web-1", tags={"team": "dev"}, has_eip=True, has_public_ip=True),
        InstanceSpec(name="web-2", data_disks=(DiskSpec(size_gib=100, name="logs"),)),
        InstanceSpec(name="far", region="cn-beijing"),
    )
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, named=(HOST,))


@pytest.fixture
def ecs(authority: Authority) -> Iterator[LocalEcs]:
    """An emulator on a socket, whose transitions take no time: programs wait in their own way."""
    options = Options(build=lambda: Ecs(FLEET, RealClock(), durations=NO_TIME))
    with LocalEcs(Emulator(options), authority=authority) as running:
        yield running


@pytest.fixture
def environ(ecs: LocalEcs, authority: Authority, tmp_path: Path) -> dict[str, str]:
    """What a program finds in its environment: the way to the emulator, its key, and a home."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "local",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
        "PYTHONPATH": str(TRUST),
        **_through(ecs.url),
        **dict.fromkeys(VARIABLES, str(authority.bundle)),
    }


@pytest.fixture
def program(request: pytest.FixtureRequest, environ: dict[str, str], tmp_path: Path) -> Program:
    """The program that the test's mark names, where ``make programs`` has put it."""
    (name,) = request.node.get_closest_marker("program").args
    found = Program(name, environ, tmp_path)
    if not found.is_installed:
        said = f"{name} is not installed: make programs"
        if os.environ.get("PROGRAMS_MUST_BE_THERE"):
            pytest.fail(said)
        pytest.skip(said)
    return found


@pytest.fixture
def with_metadata(program: Program, ecs: LocalEcs, authority: Authority) -> Iterator[Program]:
    """The program, which asks ``api.aliyun.com`` before it calls."""
    with metadata_before(ecs.url, authority) as address:
        yield replace(program, environ=program.environ | _through(address))


def _through(proxy: str) -> dict[str, str]:
    names = ("HTTP_PROXY", "HTTPS_PROXY")
    return {name: proxy for upper in names for name in (upper, upper.lower())}
