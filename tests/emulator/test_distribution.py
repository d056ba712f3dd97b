"""The emulator as a distribution of its own: its name, and its README's examples."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.hatch_build import NAME, renamed
from local.fc.context import CODE

READMES = [CODE / "emulator" / name for name in ("README.md", "README.zh-CN.md")]
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package lies as it is installed."""
    folder = tmp_path_factory.mktemp("site")
    renamed(CODE / "local" / "ecs", folder / NAME)
    return folder


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with nothing on its path but that and what is installed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    return subprocess.run(  # noqa: S603  # our own
        [sys.executable, *arguments],
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_the_package_has_one_name(alone: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in alone.rglob("*.py")}

    assert len(texts) > 50
    assert [path for path, text in texts.items() if re.search(r"\blocal[./]ecs\b", text)] == []
    assert (alone / NAME / "py.typed").exists()
    assert list(alone.rglob("status.html")) != []


def test_it_is_renamed_anew_each_time(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "old.py").touch()

    renamed(CODE / "local" / "ecs", tmp_path / NAME)

    assert not (tmp_path / NAME / "old.py").exists()


def test_both_languages_show_the_same_code() -> None:
    english, chinese = (PYTHON.findall(page.read_text(encoding="utf-8")) for page in READMES)

    assert english == chinese


@pytest.mark.slow
def test_the_readmes_tests_pass_in_a_project_of_their_own(alone: Path, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(f'pytest_plugins = ["{NAME}.testing"]\n')
    for number, example in enumerate(PYTHON.findall(READMES[0].read_text(encoding="utf-8"))):
        (tmp_path / f"test_{number}.py").write_text(example)

    done = python(alone, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path))

    assert (done.returncode, done.stdout.split()[-4:-2]) == (0, ["6", "passed"]), done.stdout


SWALLOWED = """
import contextlib, socket

def test_mine(fake_ecs):
    with contextlib.suppress(BaseException):
        socket.create_connection(("example.com", 80))
"""


@pytest.mark.slow
def test_a_swallowed_stray_request_fails_the_test_at_its_end(alone: Path, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(f'pytest_plugins = ["{NAME}.testing"]\n')
    (tmp_path / "test_mine.py").write_text(SWALLOWED)

    done = python(alone, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path))

    assert "1 passed, 1 error" in done.stdout, done.stdout
    assert "a connection would have gone to example.com" in done.stdout


@pytest.mark.slow
def test_it_serves_by_its_own_name(alone: Path) -> None:
    command = [sys.executable, "-m", NAME, "--port", "0"]
    with subprocess.Popen(command, cwd=alone, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own
        assert process.stdout
        said = process.stdout.readline()
        process.send_signal(signal.SIGTERM)

    assert said.startswith("listening on http://127.0.0.1:")


@pytest.mark.slow
def test_the_fixtures_module_imports_the_emulator_only_for_who_asks(alone: Path) -> None:
    code = f"import {NAME}.testing, sys; print([m for m in sys.modules if '{NAME}.' in m])"

    assert python(alone, "-c", code).stdout.strip() == f"['{NAME}.testing']"
