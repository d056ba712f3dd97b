"""What puts programs of others below ``build/programs``: once, and with a word for what fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import programs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    pins = tmp_path / "pins"
    (pins / "requirements").mkdir(parents=True)
    for name in ("empty", "missing"):
        (pins / "requirements" / f"{name}.txt").write_text("", encoding="utf-8")
    (pins / "requirements" / "missing.txt").write_text("./no-such-folder\n", encoding="utf-8")
    monkeypatch.setattr(programs, "ROOT", tmp_path)
    monkeypatch.setattr(programs, "PINS", pins)
    monkeypatch.setattr(programs, "INSTALLED", tmp_path / "programs")
    monkeypatch.setattr(programs, "NODE", {"script": pins / "node"})
    return tmp_path / "programs"


@pytest.mark.slow
def test_what_cannot_be_installed_is_said_and_the_rest_is_installed(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    programs.main(["missing", "empty"])

    assert "programs: missing could not be installed\n" in capfd.readouterr().err
    assert not (folder / "missing" / ".ready").exists()
    assert (folder / "empty" / "bin" / "python").exists()


def test_a_program_that_is_there_is_left_until_its_pins_change(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []

    def run(command: Sequence[str], _: Path) -> bool:
        ran.append(command)
        return True

    monkeypatch.setattr(programs, "_run", run)

    programs.main(["empty"])
    programs.main(["empty"])
    assert len(ran) == 2  # an environment, and what goes into it

    (programs.PINS / "requirements" / "empty.txt").write_text("# other\n", encoding="utf-8")
    programs.main(["empty"])
    assert len(ran) == 4
    assert (folder / "empty" / ".ready").exists()


def test_without_npm_programs_for_node_are_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (programs.PINS / "node").mkdir()
    (programs.PINS / "node" / "package-lock.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("shutil.which", lambda _: None)

    programs.main(["script"])

    said = capsys.readouterr().err
    assert "there is no npm here" in said
    assert "script could not be installed" in said
    assert not (folder / "script" / ".ready").exists()
