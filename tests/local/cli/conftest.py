"""What several modules here share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def event_file(tmp_path: Path) -> Path:
    return tmp_path / "event.json"
