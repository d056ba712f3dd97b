"""What ``make mutate`` makes of a run of mutmut: counts, and a verdict with its reasons."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import msgspec
import pytest

from tools.mutate import (
    LEAST_PERCENT,
    ROOT,
    SURVIVORS,
    Change,
    Fate,
    Mutant,
    problems,
    read_accepted,
    read_mutants,
    table,
)

# One function and one method, as mutmut writes them: the original, then each change of it.
MUTATED = '''\
def x_age__mutmut_orig(now: int) -> str:
    """How old."""
    if now > 3:
        return f"{now} is too old"
    return ""

def x_age__mutmut_1(now: int) -> str:
    """How old."""
    if now >= 3:
        return f"{now} is too old"
    return ""

def x_age__mutmut_2(now: int) -> str:
    """How old."""
    if now > 3:
        return f"{now} IS TOO OLD"
    return ""

def x_age__mutmut_3(now: int) -> str:
    """How old."""
    if now > 3:
        return f"{now} is too old"
    return "XXXX"

class Guard:
    def xǁGuardǁholds__mutmut_orig(self, text):
        match text:
            case "a":
                return 1
            case _:
                return 2

    def xǁGuardǁholds__mutmut_1(self, text):
        match text:
            case _:
                return 2
'''
SPANS = {
    "x_age__mutmut_orig": [1, 5],
    "x_age__mutmut_1": [7, 11],
    "x_age__mutmut_2": [13, 17],
    "x_age__mutmut_3": [19, 23],
    "xǁGuardǁholds__mutmut_orig": [26, 31],
    "xǁGuardǁholds__mutmut_1": [33, 36],
}
EDGE = Change("shared.old.age", "if now > 3:", "if now >= 3:")
WORDING = Change("shared.old.age", 'return f"{now} is too old"', 'return f"{now} IS TOO OLD"')
EMPTY = Change("shared.old.age", 'return ""', 'return "XXXX"')
CASE = Change("shared.old.Guard.holds", 'case "a":\nreturn 1', "")


def run_of_mutmut(folder: Path, *exit_codes: int | None, package: str = "shared") -> Path:
    """The folder of a run in which the tests ended like this, change by change."""
    names = [name for name in SPANS if not name.endswith("orig")]
    results = {f"shared.old.{key}": code for key, code in zip(names, exit_codes, strict=True)}
    source = folder / package / "old.py"
    source.parent.mkdir(parents=True)
    source.write_text(MUTATED)
    source.with_suffix(".py.spans").write_text(json.dumps({"spans": SPANS}))
    source.with_suffix(".py.meta").write_text(json.dumps({"exit_code_by_key": results}))
    return folder


def mutant(path: str, fate: Fate, change: Change = EDGE, *, only_wording: bool = False) -> Mutant:
    return Mutant(path, change, fate, only_wording)


def test_changes_are_read_by_their_text(tmp_path: Path) -> None:
    assert read_mutants(run_of_mutmut(tmp_path, 1, 0, 0, -24)) == [
        Mutant("shared/old.py", EDGE, Fate.KILLED, only_wording=False),
        Mutant("shared/old.py", WORDING, Fate.SURVIVED, only_wording=True),
        Mutant("shared/old.py", EMPTY, Fate.SURVIVED, only_wording=False),
        Mutant("shared/old.py", CASE, Fate.TIMED_OUT, only_wording=False),
    ]


def test_changes_are_read_however_deep_their_module_lies(tmp_path: Path) -> None:
    read = read_mutants(run_of_mutmut(tmp_path, 1, 1, 1, 1, package="shared/domain"))

    assert {one.path for one in read} == {"shared/domain/old.py"}


@pytest.mark.parametrize(
    ("exit_code", "fate"),
    [
        pytest.param(0, Fate.SURVIVED, id="all-passed"),
        pytest.param(33, Fate.SURVIVED, id="no-test-reaches-it"),
        pytest.param(5, Fate.SURVIVED, id="no-test-ran"),
        pytest.param(1, Fate.KILLED, id="one-failed"),
        pytest.param(-24, Fate.TIMED_OUT, id="too-long"),
        pytest.param(-9, Fate.TIMED_OUT, id="far-too-long"),
        pytest.param(-11, Fate.SURVIVED, id="something-else"),
    ],
)
def test_only_a_failure_or_a_time_out_is_a_death(
    tmp_path: Path, exit_code: int, fate: Fate
) -> None:
    assert read_mutants(run_of_mutmut(tmp_path, exit_code, 1, 1, 1))[0].fate is fate


@pytest.mark.parametrize("exit_code", [None, 2], ids=["not-tried", "interrupted"])
def test_a_run_that_was_interrupted_proves_nothing(tmp_path: Path, exit_code: int | None) -> None:
    with pytest.raises(SystemExit, match=r"interrupted before .*x_age__mutmut_3"):
        read_mutants(run_of_mutmut(tmp_path, 1, 1, exit_code, 1))


def test_without_a_run_there_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run it first"):
        read_mutants(tmp_path)


def test_a_module_can_be_judged_while_others_were_not_run(tmp_path: Path) -> None:
    run_of_mutmut(tmp_path, None, None, None, None, package="functions")
    run_of_mutmut(tmp_path, 1, 1, 1, 1)

    assert {one.path for one in read_mutants(tmp_path, ["shared/old.py"])} == {"shared/old.py"}


def test_a_module_that_is_not_changed_is_named(tmp_path: Path) -> None:
    run_of_mutmut(tmp_path, 1, 1, 1, 1)

    with pytest.raises(SystemExit, match=r"does not change shared/new\.py"):
        read_mutants(tmp_path, ["shared/old.py", "shared/new.py"])


def test_the_table_counts_by_file_and_leaves_wording_out() -> None:
    run = [
        mutant("shared/b.py", Fate.KILLED),
        mutant("shared/a.py", Fate.TIMED_OUT),
        mutant("shared/b.py", Fate.SURVIVED),
        mutant("shared/b.py", Fate.KILLED, only_wording=True),
        mutant("shared/c.py", Fate.SURVIVED, only_wording=True),
    ]

    assert table(run).splitlines()[2:] == [
        "| `shared/a.py` | 1 | 0 | 1 | 0 | 100.0 % |",
        "| `shared/b.py` | 2 | 1 | 0 | 1 | 50.0 % |",
        "| all | 3 | 1 | 1 | 1 | 66.7 % |",
    ]


@pytest.mark.parametrize(
    ("path", "survivors", "enough"),
    [
        ("shared/converge/loop.py", 10, True),
        ("shared/converge/loop.py", 11, False),
        ("shared/domain/guards.py", 3, True),
        ("shared/domain/guards.py", 4, False),
        ("functions/stop.py", 3, True),
        ("functions/stop.py", 4, False),
    ],
)
def test_guards_and_rules_are_held_to_more_than_the_rest(
    path: str,
    survivors: int,
    enough: bool,  # noqa: FBT001  # a table's column
) -> None:
    run = [mutant(path, Fate.SURVIVED)] * survivors
    run += [mutant(path, Fate.KILLED)] * (100 - survivors)

    assert (problems(run, {EDGE: "harmless"}) == []) is enough


def test_without_shares_reasons_alone_count() -> None:
    run = [mutant("functions/stop.py", Fate.SURVIVED)]

    assert problems(run, {EDGE: "harmless"}, {}) == []
    assert len(problems(run, {}, {})) == 1


def test_a_survivor_needs_a_reason_which_can_be_pasted() -> None:
    run = [mutant("shared/a.py", Fate.KILLED)] * 99
    run += [mutant("shared/a.py", Fate.SURVIVED, CASE)]

    (problem,) = problems(run, {EDGE: "harmless"})

    assert problem.splitlines()[1:] == [
        "    - in: shared.old.Guard.holds",
        "      before: |",
        '        case "a":',
        "        return 1",
        '      after: ""',
    ]


def test_another_wording_may_survive_without_a_reason() -> None:
    run = [mutant("shared/a.py", Fate.KILLED)]
    run += [mutant("shared/a.py", Fate.SURVIVED, WORDING, only_wording=True)]

    assert problems(run, {}) == []


def test_a_reason_for_code_that_is_gone_is_a_problem() -> None:
    run = [mutant("shared/a.py", Fate.KILLED)]

    assert problems(run, {EDGE: "harmless"}) == []
    (problem,) = problems(run, {EMPTY: "harmless"})
    assert problem.startswith("there is a reason for a change that no longer exists")


def test_accepted_changes_are_read_with_the_reason_of_their_group(tmp_path: Path) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text(
        """\
- reason: harmless
  changes:
    - in: shared.old.age
      before: |
        if now > 3:
      after: |
        if now >= 3:
    - in: shared.old.Guard.holds
      before: |
        case "a":
        return 1
      after: ""
"""
    )

    assert read_accepted(path) == {EDGE: "harmless", CASE: "harmless"}


def test_only_the_reasons_of_the_modules_asked_for_are_read(tmp_path: Path) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text(
        """\
- reason: harmless
  changes:
    - {in: shared.old.age, before: "", after: pass}
    - {in: shared.older.age, before: "", after: pass}
"""
    )

    assert [one.function for one in read_accepted(path, ["shared/old.py"])] == ["shared.old.age"]


def test_an_accepted_change_without_a_reason_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text("- changes: []")

    with pytest.raises(msgspec.ValidationError, match="reason"):
        read_accepted(path)


def test_the_committed_list_can_be_read_and_every_reason_says_something() -> None:
    assert all(len(reason.split()) > 3 for reason in read_accepted(SURVIVORS).values())


@pytest.mark.parametrize("path", LEAST_PERCENT)
def test_every_bound_is_of_code_that_there_is(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", ["only_mutate", "pytest_add_cli_args_test_selection"])
def test_what_mutmut_changes_and_runs_is_there(name: str) -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    (listed,) = re.findall(rf"^{name} = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    patterns = re.findall(r'"(.+?)"', listed)

    assert len(patterns) >= 5
    assert [one for one in patterns if not any(ROOT.glob(one))] == []


@pytest.mark.parametrize("change", read_accepted(SURVIVORS), ids=lambda one: one.function)
def test_every_accepted_change_is_of_lines_that_there_are(change: Change) -> None:
    lines, before = lines_of(change.function), change.before.splitlines()

    assert any(lines[at : at + len(before)] == before for at in range(len(lines)))


def lines_of(function: str) -> list[str]:
    """The lines of ``shared.domain.guards.Guard.reason``, without indentation."""
    parts = function.split(".")
    depth = next(n for n in range(len(parts)) if path_of(parts[:n]).is_file())
    source = path_of(parts[:depth]).read_text()
    node: ast.AST = ast.parse(source)
    for name in parts[depth:]:
        named = (one for one in ast.iter_child_nodes(node) if getattr(one, "name", "") == name)
        node = next(named)
    return [line.strip() for line in (ast.get_source_segment(source, node) or "").splitlines()]


def path_of(parts: list[str]) -> Path:
    return ROOT.joinpath(*parts).with_suffix(".py")
