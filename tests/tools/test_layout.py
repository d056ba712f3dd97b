"""Where tests lie: in modules that can be read in one go, each of one subject."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.fc.deployment import function_names

TESTS = Path(__file__).resolve().parents[1]
LONGEST = 400
"""Lines of a module."""


def test_no_module_of_tests_is_longer_than_can_be_read_in_one_go() -> None:
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in TESTS.rglob("*.py")}

    too_long = {str(path.relative_to(TESTS)): n for path, n in lines.items() if n > LONGEST}
    assert too_long == {}, "split these by subject"


@pytest.mark.parametrize("function", function_names())
def test_every_function_has_tests_of_its_own(function: str) -> None:
    assert (TESTS / "functions" / f"test_{function}.py").is_file()
