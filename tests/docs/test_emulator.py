"""docs/emulator.md, in both languages: every row names a test that is there, every example runs."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
import yaml

from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.cli import make_command
from local.ecs.emulator import Emulator
from local.ecs.engine import ACTIONS
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.fleet.fleet_file import read_fleet
from local.ecs.gateway.faults import AnyFault, parse_fault
from local.ecs.http.control import Control
from local.ecs.http.messages import HttpRequest
from local.fc.context import CODE

PAGES = [CODE / "docs" / name for name in ("emulator.md", "emulator.zh-CN.md")]
READMES = [CODE / name for name in ("README.md", "README.zh-CN.md")]
TESTS = CODE / "tests" / "emulator"
BEHAVIOURS = 50
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


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def tables(page: Path) -> list[list[list[str]]]:
    """Each table's rows, without its head, in cells."""
    found: list[list[list[str]]] = [[]]
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("|"):
            found[-1].append([cell.strip() for cell in line.strip("|").split(" | ")])
        elif found[-1]:
            found.append([])
    return [rows[2:] for rows in found if rows]


def behaviours(page: Path) -> list[list[str]]:
    return [row for rows in tables(page) for row in rows if "test_" in row[-1]]


def first_cells(page: Path, known: set[str]) -> list[str]:
    """The first cells, in code, of the one table that holds one of these."""
    for rows in tables(page):
        cells = [row[0].strip("`") for row in rows]
        if known & set(cells):
            return cells
    raise AssertionError(f"{page.name} has no table of {known}")


@each_page
def test_every_behaviour_has_a_source_and_tests_that_are_there(page: Path) -> None:
    there = {
        f"{path.name}::{node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }

    rows = behaviours(page)

    assert len(rows) >= BEHAVIOURS
    assert all(len(row) == 3 and all(row) for row in rows)
    assert {one for row in rows for one in re.findall(r"`(test_\S+)`", row[2])} <= there


def test_both_languages_name_the_same_behaviours_tests_and_switches() -> None:
    english, chinese = PAGES

    assert [row[1:] for row in behaviours(english)] == [row[1:] for row in behaviours(chinese)]
    for language in ("sh", "yaml", "python", "json", "text"):
        shown = [[re.sub(r" +# .*", "", text) for text in blocks(page, language)] for page in PAGES]
        assert shown[0] == shown[1]
    assert [len(rows) for rows in tables(english)] == [len(rows) for rows in tables(chinese)]


@each_page
def test_every_switch_is_there_with_its_default(page: Path) -> None:
    names = {field.name for field in fields(Quirks)}
    (rows,) = [rows for rows in tables(page) if {row[0].strip("`") for row in rows} == names]
    said = " ".join(row[0] for row in behaviours(page))
    mentioned = set(re.findall(r"(?:switch|开关) `(\w+)`", said))

    assert [row[0].strip("`") for row in rows] == [field.name for field in fields(Quirks)]
    for name, default, _ in rows:
        value = getattr(DEFAULT_QUIRKS, name.strip("`"))
        shown = value.total_seconds() if isinstance(value, timedelta) else value
        assert json.loads(default.strip("`")) == shown
    assert names <= mentioned


@each_page
def test_every_fault_is_there(page: Path) -> None:
    kinds = [kind.__name__.lower() for kind in get_args(AnyFault)]

    assert first_cells(page, set(kinds)) == kinds
    assert all(parse_fault(text.encode()) for text in blocks(page, "json"))


@each_page
def test_every_operation_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    listed = text[text.rindex("\n## ") :].split("\n\n")[1]

    assert set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", listed)) == ACTIONS


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
    (rows,) = [rows for rows in tables(page) if "/_local/health" in rows[0][0]]
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


EXAMPLES = [(READMES[0], 0), (READMES[1], 0), (PAGES[0], 0), (PAGES[1], 0)]


@pytest.mark.parametrize(("page", "number"), EXAMPLES, ids=lambda each: getattr(each, "name", ""))
def test_the_example_for_somebodys_own_tests_runs(page: Path, number: int, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(blocks(page, "python")[number])

    assert "1 passed" in pytest_in(tmp_path, str(CODE))


def test_the_example_for_other_processes_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks(PAGES[0], "python")[1], {})  # noqa: S102  # the page's own

    assert capsys.readouterr().out.startswith("http://127.0.0.1:")


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A project that has a copy of the emulator, and nothing else of ours."""
    shutil.copytree(
        CODE / "local" / "ecs", tmp_path / "local" / "ecs", ignore=lambda *_: ["__pycache__"]
    )
    (tmp_path / "local" / "__init__.py").touch()
    return tmp_path


def test_a_copy_of_it_serves_by_itself(alone: Path) -> None:
    command = [sys.executable, "-m", "local.ecs", "--port", "0"]
    with subprocess.Popen(command, cwd=alone, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        assert process.stdout
        said = process.stdout.readline()
        process.send_signal(signal.SIGTERM)

    assert said.startswith("listening on http://127.0.0.1:")


def test_a_copy_of_it_is_a_plugin_by_itself(alone: Path) -> None:
    (alone / "test_mine.py").write_text(blocks(PAGES[0], "python")[0])

    assert "1 passed" in pytest_in(alone, str(alone))
