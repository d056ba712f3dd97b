"""The package: what goes in, the same bytes each time, and every function runs from it alone."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from local.ecs.account.durations import NO_TIME
from local.ecs.clock import RealClock
from local.ecs.emulator import LOCAL_KEY, Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import HANGZHOU, default_fleet
from local.ecs.ram.caller import Caller
from local.ecs.server import LocalEcs
from local.fc.context import CODE
from local.fc.deployment import EVENTS, action_names
from local.fc.trigger_events import ENVELOPES
from tools import package
from tools.package import RUNTIMES, interpreter, operations, unpack, wanted

LARGEST_MB = 25
slow = pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("PACKAGE")),
    reason="it fetches every dependency; it runs in CI, and here with PACKAGE=1",
)

# Runs under the target's own Python, with nothing of this project but the package in reach.
RUNNER = """
import importlib, json, os, sys, types, zoneinfo
zoneinfo.reset_tzpath(to=())  # a runtime need not have a database of zones
code, region, account = sys.argv[1:]
sys.path[:0] = [code, code + "/python"]
answers = {}
for name, text in json.load(sys.stdin):
    function = types.SimpleNamespace(timeout="60")
    context = types.SimpleNamespace(
        request_id="1-66aa", region=region, account_id=account, function=function
    )
    handler = importlib.import_module("functions." + name).handler
    answers.setdefault(name, []).append(handler(text.encode(), context))
outside = [
    module.__file__
    for module in list(sys.modules.values())
    if "site-packages" in (getattr(module, "__file__", None) or "")
]
json.dump({"answers": answers, "outside": outside}, sys.stdout)
"""

REQUIREMENTS = """\
# a comment
alpha==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via -r requirements.in
beta==2.0 ; python_full_version < '3.11' \\
    --hash=sha256:cc
beta==3.0 ; python_full_version >= '3.11' \\
    --hash=sha256:dd
gamma==4.0 ; sys_platform == 'win32' \\
    --hash=sha256:ee
pycparser==5.0 \\
    --hash=sha256:ff
"""


@pytest.mark.parametrize(
    ("version", "beta"),
    [
        pytest.param("3.10", "beta==2.0 --hash=sha256:cc", id="3.10"),
        pytest.param("3.12", "beta==3.0 --hash=sha256:dd", id="3.12"),
    ],
)
def test_markers_are_decided_for_the_target_and_not_for_this_python(
    version: str, beta: str
) -> None:
    assert wanted(REQUIREMENTS, version) == [
        "alpha==1.0 --hash=sha256:aa --hash=sha256:bb",
        beta,
    ]


def test_every_dependency_is_pinned_with_a_hash() -> None:
    lines = wanted((CODE / "requirements.txt").read_text(encoding="utf-8"), "3.10")

    assert lines
    assert all(re.fullmatch(r"[\w-]+==[\w.]+( --hash=sha256:[0-9a-f]{64})+", one) for one in lines)


def test_a_wheel_gives_code_and_licence_and_nothing_else(tmp_path: Path) -> None:
    wheel = tmp_path / "one-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in (
            "one/__init__.py",
            "one/data.json",
            "one/typed.pyi",
            "one/tests/test_one.py",
            "one-1.0.data/scripts/one",
            "one-1.0.dist-info/METADATA",
            "one-1.0.dist-info/licenses/LICENSE.txt",
        ):
            archive.writestr(name, name)

    unpack(wheel, tmp_path / "out")

    assert _files(tmp_path / "out") == [
        "one-1.0.dist-info/licenses/LICENSE.txt",
        "one/__init__.py",
        "one/data.json",
    ]


def test_a_source_archive_gives_its_package_and_licence(tmp_path: Path) -> None:
    source = tmp_path / "aliyun-python-sdk-one-1.0.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        for name in ("setup.py", "LICENSE", "aliyunsdkone/__init__.py", "aliyun.egg-info/PKG-INFO"):
            member = tarfile.TarInfo(f"aliyun-python-sdk-one-1.0/{name}")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))

    unpack(source, tmp_path / "out")

    assert _files(tmp_path / "out") == [
        "aliyun-python-sdk-one-1.0.dist-info/LICENSE",
        "aliyunsdkone/__init__.py",
    ]


def test_only_the_operations_that_the_code_names_are_kept(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text('ecs.call("StopInstances", "x")\n', encoding="utf-8")
    requests = tmp_path / "python" / "aliyunsdkecs" / "request" / "v20140526"
    requests.mkdir(parents=True)
    for name in ("__init__", "StopInstancesRequest", "RebootInstancesRequest"):
        (requests / f"{name}.py").touch()

    package.prune_operations(tmp_path / "python", operations(tmp_path))

    assert _files(requests) == ["StopInstancesRequest.py", "__init__.py"]


def test_a_download_that_fails_ends_with_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> object:
        return subprocess.CompletedProcess([], 1, "", "no such thing\n")

    monkeypatch.setattr("tools.package.subprocess.run", fail)

    status = package.main(["--target", str(tmp_path / "code")])

    assert status == 1
    assert capsys.readouterr().err == "pip could not fetch the dependencies:\nno such thing\n"


def test_without_a_python_of_the_version_there_is_no_bytecode_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(package, "interpreter", lambda _: None)

    package.compile_for("3.10", tmp_path)

    assert capsys.readouterr().err.startswith("No python3.10 here, so no bytecode")


@slow
@pytest.mark.timeout(300)
def test_the_package_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("first", "second"):
        package.build("python3.10", tmp_path / name)

    assert _digests(tmp_path / "first") == _digests(tmp_path / "second")


@slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_every_function_runs_from_the_package_alone(runtime: str, tmp_path: Path) -> None:
    python = interpreter(runtime.removeprefix("python"))
    if python is None:
        pytest.skip(f"there is no {runtime} on this machine")
    code = tmp_path / "code"

    assert package.main(["--runtime", runtime, "--target", str(code)]) == 0

    assert {path.name for path in code.iterdir()} == {"functions", "shared", "python"}
    assert sum(path.stat().st_size for path in code.rglob("*")) < LARGEST_MB * 1_000_000
    assert _newest_glibc(code) <= package.GLIBC_MINOR
    played = _played(python, code)
    assert played["outside"] == []
    assert {name: len(answers) for name, answers in played["answers"].items()} == {
        name: len(ENVELOPES) for name in action_names()
    }


def _played(python: Path, code: Path) -> Mapping[str, Any]:
    """What each function answers to its sample request by each trigger, in a process of its own."""
    now = datetime.now(timezone.utc)
    events = [
        (name, ENVELOPES[trigger](_sample(name), now).decode())
        for name in sorted(action_names(), key="release".__eq__)  # what is gone comes last
        for trigger in ENVELOPES
    ]
    emulator = Emulator(
        Options(build=lambda: Ecs(default_fleet(now), RealClock(now), durations=NO_TIME))
    )
    with LocalEcs(emulator) as server:
        played = subprocess.run(  # noqa: S603  # our own command
            [str(python), "-I", "-S", "-B", "-c", RUNNER, code, HANGZHOU, Caller().account_id],
            input=json.dumps(events),
            env={
                "ECS_ENDPOINT": server.url,
                "CURFEW_TZ": "Europe/Paris",
                "ALIBABA_CLOUD_ACCESS_KEY_ID": LOCAL_KEY,
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET": LOCAL_KEY,
            },
            cwd=code,
            check=False,
            capture_output=True,
            text=True,
        )
    assert played.returncode == 0, played.stderr[-2_000:]
    answers: dict[str, Any] = json.loads(played.stdout)
    return answers


def _sample(function: str) -> Mapping[str, object]:
    request: dict[str, object] = json.loads((EVENTS / f"{function}.direct.json").read_bytes())
    return request


def _files(directory: Path) -> list[str]:
    return sorted(
        str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()
    )


def _digests(directory: Path) -> Mapping[str, tuple[str, int, float]]:
    """What a deployment could differ in: each file's bytes, mode and time."""
    return {
        name: (
            hashlib.sha256((directory / name).read_bytes()).hexdigest(),
            (directory / name).stat().st_mode,
            (directory / name).stat().st_mtime,
        )
        for name in _files(directory)
    }


def _newest_glibc(directory: Path) -> int:
    """The newest minor version of glibc that a compiled library asks for."""
    return max(
        int(minor)
        for library in directory.rglob("*.so")
        for minor in re.findall(rb"GLIBC_2\.(\d+)", library.read_bytes())
    )
