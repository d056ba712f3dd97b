"""The pinned requirements: exact, hashed, without any address, and complete down to the extras."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FILES = sorted(Path().glob("requirements*.txt"))
PIN = re.compile(r"(?P<requirement>[^#\s].*?)\s*(?P<hashes>(?:--hash=sha256:[0-9a-f]{64}\s*)+)")


def pins(path: Path) -> list[Requirement]:
    """Every line that is no comment; it must be a pin with hashes."""
    lines = path.read_text().replace("\\\n", " ").splitlines()
    found = [PIN.fullmatch(line) for line in lines if line and not line.lstrip().startswith("#")]
    return [Requirement(match["requirement"]) for match in found if match]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_line_is_an_exact_pin_with_hashes_and_no_address(path: Path) -> None:
    lines = path.read_text().replace("\\\n", " ").splitlines()
    wanted = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert len(pins(path)) == len(wanted) > 0
    assert all(str(pin.specifier).startswith("==") and pin.url is None for pin in pins(path))
    assert "://" not in path.read_text()


def test_a_pin_names_the_extras_that_other_packages_ask_for() -> None:
    """Else pip looks for the extra anew, finds a newer release, and has no hash for it."""
    every = [pin for path in FILES for pin in pins(path)]
    pinned = {(canonicalize_name(pin.name), extra) for pin in every for extra in pin.extras}
    known = {canonicalize_name(pin.name) for pin in every}
    asked = {
        (canonicalize_name(wanted.name), extra)
        for distribution in distributions()
        if canonicalize_name(distribution.name) in known
        for wanted in map(Requirement, distribution.requires or ())
        if wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        for extra in wanted.extras
    }

    assert ("coverage", "toml") in asked
    assert asked <= pinned


def test_what_the_functions_need_the_command_needs_too_and_both_are_pinned() -> None:
    project = msgspec.toml.decode(Path("pyproject.toml").read_bytes())
    functions = [Requirement(one) for one in project["dependency-groups"]["functions"]]
    command = {Requirement(one).name for one in project["project"]["dependencies"]}
    pinned = {str(one).split(";")[0].strip() for one in pins(Path("requirements.txt"))}

    assert {one.name for one in functions} <= command
    assert {str(one) for one in functions} <= pinned
    assert command <= {one.name for one in pins(Path("requirements-dev.txt"))}
