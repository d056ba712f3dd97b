"""``python -m local`` where it cannot run: a sentence that says what to type, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from local import __main__ as start
from local.fc.context import CODE


@pytest.mark.parametrize("command", ["demo", "serve", "--help"])
def test_without_the_dependencies_it_says_what_to_type(command: str) -> None:
    done = subprocess.run(  # noqa: S603  # our own command, without site-packages
        [sys.executable, "-S", "-m", "local", command],
        cwd=CODE,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Python's package ")
    assert "  . .venv/bin/activate\n" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("path", ["local", "local/__main__.py"])
def test_it_may_be_run_by_its_path_from_anywhere(path: str, tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, CODE / path, "invoke", "halt", "x.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "there is no function 'halt'" in done.stderr


def test_the_emulator_alone_says_it_too() -> None:
    done = subprocess.run(  # our own command, without site-packages
        [sys.executable, "-S", "-m", "local.ecs", "--help"],
        cwd=CODE,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "Python's package click is missing" in done.stderr
    assert "  . .venv/bin/activate\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_copy_of_the_emulator_says_what_to_install(tmp_path: Path) -> None:
    copytree(CODE / "local" / "ecs", tmp_path / "local" / "ecs")
    (tmp_path / "local" / "__init__.py").touch()

    done = subprocess.run(  # our own command, without site-packages
        [sys.executable, "-S", "-m", "local.ecs"],
        cwd=tmp_path,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == (
        "Python's package click is missing. The emulator needs a few; type\n"
        "  python -m pip install aiohttp click msgspec PyYAML\nand then run the command again.\n"
    )


def test_an_old_python_is_told_before_anything_is_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "LEAST_PYTHON", (99, 0))

    with pytest.raises(SystemExit) as ended:
        start.run()

    assert ended.value.code == 2
    assert "is too old, 3.10 is needed" in capsys.readouterr().err


def test_a_module_of_ours_that_is_missing_is_a_defect_and_shown_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_: object) -> None:
        raise ModuleNotFoundError("No module named 'local.gone'", name="local.gone")

    monkeypatch.setattr("local.cli.main.main", broken)

    with pytest.raises(ModuleNotFoundError):
        start.run()


def test_make_setup_is_advised_only_where_there_is_no_venv(tmp_path: Path) -> None:
    before = start.advice("It is too old", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "activate").touch()

    assert before.splitlines()[1:3] == ["  make setup", "  . .venv/bin/activate"]
    assert start.advice("It is too old", tmp_path).splitlines()[1:] == [
        "  . .venv/bin/activate",
        "and then run the command again.",
    ]
