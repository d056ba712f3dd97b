"""How the check tells what is wrong: not contradicted, not lost in a long output, not hushed up."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.check.findings import Level
from local.check.whole import check_file
from local.cli.main import group
from local.fc.deployment import function_names
from tests.harness.s_yaml import SHIPPED

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=timezone.utc)
TEXT = SHIPPED.read_text(encoding="utf-8")


def changed(tmp_path: Path, *edits: tuple[str, str]) -> Path:
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def told(path: Path) -> dict[Level, list[str]]:
    found = [one for section in check_file(path, NOW, {}) for one in section.findings]
    return {level: [one.text for one in found if one.level is level] for level in Level}


def check(path: Path) -> Result:
    return CliRunner().invoke(group, ["check", str(path)])


@pytest.mark.parametrize(
    "role",
    ["acs:ram::${vars.account}:role/curfew-release", "curfew-stop", "''"],
    ids=["another-functions", "a-bare-name", "missing"],
)
def test_of_a_role_that_is_wrong_no_line_says_ok(role: str, tmp_path: Path) -> None:
    edit = ("role: acs:ram::${vars.account}:role/curfew-stop", f"role: {role}")

    said = told(changed(tmp_path, edit))

    assert sum("role" in one for one in said[Level.ERROR] + said[Level.WARNING]) == 1
    assert (
        len([one for one in said[Level.OK] if one.startswith("role ")]) == len(function_names()) - 1
    )
    assert not any("ram/stop.json" in one for one in said[Level.OK])


NEVER = ('"days": "workdays"}\'', '"days": "workdays", "tag": {}}\'')


def test_a_payload_that_its_function_can_never_take_is_an_error_though_it_is_off(
    tmp_path: Path,
) -> None:
    said = told(changed(tmp_path, NEVER))

    names = [
        re.match(r"timer (\S+): start would refuse its payload", one) for one in said[Level.ERROR]
    ]
    assert [one[1] for one in names if one] == ["morning", "morning-again"]
    assert "is not a field of this request" in said[Level.ERROR][0]


def test_a_region_of_the_operators_that_is_misspelt_is_a_warning(tmp_path: Path) -> None:
    regions = re.search(r"(?m)^  regions: .*$", TEXT)
    assert regions

    said = told(changed(tmp_path, (regions[0], f"{regions[0]},cn-shangai")))

    assert said[Level.WARNING] == [
        "CURFEW_REGIONS: cn-shangai is not a public region. Did you mean cn-shanghai?"
    ]


def test_errors_and_then_warnings_are_told_once_more_after_a_long_output(tmp_path: Path) -> None:
    roles = ("role: acs:ram::${vars.account}:role/curfew-stop", "role: curfew-stop")
    access = (re.search(r"(?m)^access: .*$", TEXT) or [""])[0]

    output = check(changed(tmp_path, roles, (access, ""))).output

    again = output[output.index("\nOnce more\n") :]
    assert re.findall(r"(?m)^  (ERROR|WARNING) ", again) == ["ERROR", "WARNING"]
    assert "ERROR    curfew-stop: role: curfew-stop is invalid" in again
    assert output.endswith("\n1 error, 1 warning\n")


def test_what_fits_on_a_screen_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("edition: 3.0.0\nresources: {}\n", encoding="utf-8")

    output = check(path).output

    assert "Once more" not in output
    assert output.endswith("\n1 error, 0 warnings\n")


def test_where_all_is_well_nothing_is_told_once_more() -> None:
    assert "Once more" not in check(SHIPPED).output
