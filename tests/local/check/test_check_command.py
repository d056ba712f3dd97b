"""``python -m local check``: what it prints, and how it ends."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner, Result

from local.cli.main import group
from tests.harness.s_yaml import SHIPPED


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["check", *arguments])


class TestCommand:
    def test_it_says_of_the_shipped_file_that_all_is_well(self) -> None:
        result = run(str(SHIPPED))

        assert result.exit_code == 0, result.output
        assert result.output.endswith("\n0 errors, 0 warnings\n")
        assert "\ncurfew-stop · cn-hangzhou · python3.10 · 900 s\n" in result.output
        assert re.search(
            r"  ok       timer evening-dry-run: ON, a dry run\n {11}0 0 20", result.output
        )

    def test_it_takes_the_projects_own_file_if_none_is_named(self) -> None:
        assert "curfew-stop" in run().output

    def test_an_error_is_its_exit_status(self, tmp_path: Path) -> None:
        path = tmp_path / "s.yaml"
        path.write_text(SHIPPED.read_text().replace("timeout: 900", "timeout: 0", 1))

        result = run(str(path))

        assert result.exit_code == 1
        assert "\n  ERROR    timeout: 0 is invalid" in result.output
        assert result.output.endswith("\n1 error, 0 warnings\n")

    def test_a_file_that_cannot_be_read_is_one_error(self, tmp_path: Path) -> None:
        path = tmp_path / "s.yaml"
        path.write_text("a: [")

        result = run(str(path))

        assert result.exit_code == 1
        assert "it is not YAML: line 1" in result.output

    def test_a_file_that_is_not_there_is_bad_usage(self) -> None:
        assert run("no/such/s.yaml").exit_code == 2

    def test_no_line_is_wider_than_a_terminal(self) -> None:
        assert max(map(len, run(str(SHIPPED)).output.splitlines())) <= 80
