"""docs/emulator.md, in both languages: it names all there is, and every example runs."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from local.ecs.cli import make_command
from local.ecs.emulator import Emulator
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.fleet.fleet_file import read_fleet
from local.ecs.gateway.faults import AnyFault, parse_fault
from local.ecs.http.control import Control
from local.ecs.http.messages import HttpRequest
from local.fc.context import CODE
from tests.docs import pages
from tests.docs.pages import tables

if TYPE_CHECKING:  # pytest wants to be the first to import a plugin
    from local.ecs.fake import FakeEcs

PAGES = [CODE / "docs" / name for name in ("emulator.md", "emulator.zh-CN.md")]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

MY_SCRIPT = """
import json, os
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkecs.request.v20140526.DescribeInstancesRequest import DescribeInstancesRequest
from aliyunsdkecs.request.v20140526.StopInstanceRequest import StopInstanceRequest


def stop_named(name):
    key, secret = (os.environ[f"ALIBABA_CLOUD_ACCESS_KEY_{part}"] for part in ("ID", "SECRET"))
    client = AcsClient(key, secret, "cn-hangzhou")
    request = DescribeInstancesRequest()
    request.set_Status("Running")
    request.set_InstanceName(name)
    request.set_MaxResults(100)
    found = json.loads(client.do_action_with_exception(request))["Instances"]["Instance"]
    for one in found:
        stop = StopInstanceRequest()
        stop.set_InstanceId(one["InstanceId"])
        try:
            client.do_action_with_exception(stop)
        except ServerException:
            client.do_action_with_exception(stop)
"""


def name_of(page: Path) -> str:
    return page.relative_to(CODE).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    return [one.text for one in pages.blocks(name_of(page), language)]


def first_cells(page: Path, known: set[str]) -> list[str]:
    """The first cells, in code, of the one table that holds one of these."""
    for rows in tables(name_of(page)):
        cells = [row[0].strip("`") for row in rows]
        if known & set(cells):
            return cells
    raise AssertionError(f"{page.name} has no table of {known}")


@each_page
def test_every_fault_is_there(page: Path) -> None:
    kinds = [kind.__name__.lower() for kind in get_args(AnyFault)]

    assert first_cells(page, set(kinds)) == kinds
    assert all(parse_fault(text.encode()) for text in blocks(page, "json"))


@each_page
def test_every_field_that_a_fault_is_said_to_have_is_there(page: Path) -> None:
    kinds = {kind.__name__.lower(): set(kind.__struct_fields__) for kind in get_args(AnyFault)}
    (rows,) = [rows for rows in tables(name_of(page)) if rows[0][0].strip("`") in kinds]

    for name, what in rows:
        said = set(re.findall(r"`([a-z_]+)`", what))
        assert said <= kinds[name.strip("`")], name


@each_page
def test_every_option_of_serve_is_there(page: Path) -> None:
    options = {f"--{option.name}".replace("_", "-") for option in make_command().params}
    written = set(re.findall(r"`(--[a-z-]+)", page.read_text(encoding="utf-8")))

    renamed = {"--limits": "--limit", "--policies": "--policy", "--faults": "--fault"}
    renamed |= {
        "--allow-hosts": "--allow-host",
        "--quirks": "--quirk",
        "--fleet-file": "--fleet",
        "--state-file": "--state",
    }
    assert {renamed.get(option, option) for option in options} - {"--help"} == written


@each_page
def test_the_fleet_file_is_read_and_every_field_is_named(page: Path, tmp_path: Path) -> None:
    (text,) = blocks(page, "yaml")
    path = tmp_path / "fleet.yaml"
    path.write_text(text)

    fleet = read_fleet(path, Emulator().engine.clock.now())

    assert [spec.name for spec in fleet.instances][:2] == ["web-1", "runner-1"]
    assert set(yaml.safe_load(text)) == {"default_stopped_mode", "instances"}
    names = {field.name for kind in (InstanceSpec, DiskSpec) for field in fields(kind)}
    written = set(re.findall(r"`(\w+)`", page.read_text(encoding="utf-8")))
    assert names | {"count"} <= written


@each_page
def test_every_call_of_the_control_endpoint_is_there_and_answers(page: Path) -> None:
    emulator = Emulator()
    (rows,) = [rows for rows in tables(name_of(page)) if "/_local/health" in rows[0][0]]
    bodies = {
        "clock": b'{"speed": 60}',
        "faults": blocks(page, "json")[0].encode(),
        "throttle": re.findall(r"`({\"calls\".*?})`", page.read_text(encoding="utf-8"))[0].encode(),
    }
    known = {f"{method} {name}" for method, name in Control(emulator.gateway, print)._routes}  # noqa: SLF001  # what there is
    seen = set()
    for cells in rows:
        methods = re.findall(r"GET|POST|DELETE", cells[0])
        path = re.findall(r"/_local/[^`]*", cells[0])[0]
        for method in methods:
            name = re.split(r"[/?]", path.removeprefix("/_local/"))[0]
            seen.add(f"{method} {name}")
            if name == "answers":
                continue
            request = HttpRequest(method, path, {"host": "127.0.0.1"}, bodies.get(name, b""))
            assert emulator.handle(request).status == 200, (method, path)
    assert seen == known


@pytest.mark.slow
@pytest.mark.parametrize("line", blocks(PAGES[0], "sh")[1].splitlines())
def test_the_emulator_starts_as_the_page_says(line: str) -> None:
    command = [sys.executable, *shlex.split(line)[1:]]
    with subprocess.Popen(command, cwd=CODE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        assert process.stdout
        said = process.stdout.readline()
        process.send_signal(signal.SIGTERM)

    assert re.fullmatch(r"listening on http://127\.0\.0\.1:\d+\n", said)


def pytest_in(folder: Path, path: str) -> str:
    """What pytest says in a folder that is somebody else's project."""
    (folder / "conftest.py").write_text('pytest_plugins = ["local.ecs.testing"]\n')
    (folder / "my_script.py").write_text(MY_SCRIPT)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(  # noqa: S603  # our own
        command,
        check=False,
        cwd=folder,
        env=environment | {"PYTHONPATH": os.pathsep.join((path, str(folder)))},
        capture_output=True,
        text=True,
    )
    return done.stdout


EXAMPLES = [(page, number) for page in PAGES for number in (0, 1)]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "number"), EXAMPLES, ids=lambda each: getattr(each, "name", ""))
def test_the_example_for_somebodys_own_tests_runs(page: Path, number: int, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(blocks(page, "python")[number])

    assert "1 passed" in pytest_in(tmp_path, str(CODE))


def test_the_first_example_stops_one_instance(fake_ecs: FakeEcs) -> None:
    names: dict[str, Any] = {}

    exec(blocks(PAGES[0], "python")[0], names)  # noqa: S102  # the page's own

    [test] = [value for name, value in names.items() if name.startswith("test_")]
    test(fake_ecs)
    assert fake_ecs.log.actions() == ("StopInstance",)


def test_the_example_for_other_processes_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks(PAGES[0], "python")[2], {})  # noqa: S102  # the page's own

    assert capsys.readouterr().out.startswith("http://127.0.0.1:")
