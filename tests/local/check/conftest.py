"""What several modules here share."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from local.check.findings import Level
from local.check.whole import check_file
from local.fc.context import CODE
from shared.domain.calendar import installed
from tests.harness.s_yaml import SHIPPED
from tests.local.check.edits import NOW, Edit


@pytest.fixture(autouse=True)
def _known_next_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calendar reaches a year further than NOW, whichever one is installed."""
    known = replace(installed(), last_year=NOW.year + 1)
    monkeypatch.setattr("shared.domain.calendar.installed", lambda: known)


@pytest.fixture
def ram(tmp_path: Path) -> Path:
    """A copy of the policies, to be changed."""
    return Path(shutil.copytree(CODE / "ram", tmp_path / "ram"))


@pytest.fixture(scope="session")
def shipped() -> dict[str, Any]:
    """The shipped file, read once; for copies."""
    document: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return document


@pytest.fixture
def checked(
    tmp_path: Path, ram: Path, shipped: dict[str, Any]
) -> Callable[..., dict[Level, list[str]]]:
    """Checks the shipped file after an edit; gives the sentences by level."""

    def check(edit: Edit = lambda _: None, **environ: str) -> dict[Level, list[str]]:
        document = deepcopy(shipped)
        edit(document)
        path = tmp_path / "s.yaml"
        path.write_text(
            yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8"
        )
        told: dict[Level, list[str]] = {level: [] for level in Level}
        for section in check_file(path, NOW, environ, ram):
            for one in section.findings:
                told[one.level].append("\n".join([one.text, *one.details]))
        return told

    return check
