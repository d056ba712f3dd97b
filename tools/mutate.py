"""``make mutate``: are the tests good enough to notice when the code is changed?

Arguments are the modules that were run, as in ``shared/domain/guards.py``; none: all.

mutmut changes one expression after another of the modules named in ``pyproject.toml`` and runs the
tests that reach it. This reads what it leaves in ``mutants/``, counts, and fails if too few of the
changes were noticed, or if one was not that ``tests/mutation/survivors.yaml`` gives no reason for.

Not counted: another wording of a text with a space in it. Such texts are for people, and a test
that repeats each would only be a second copy of them.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from textwrap import dedent, indent

import msgspec
import yaml

ROOT = Path(__file__).resolve().parents[1]
MUTANTS = ROOT / "mutants"
SURVIVORS = ROOT / "tests" / "mutation" / "survivors.yaml"

LEAST_PERCENT: Mapping[str, float] = {"": 90, "functions/": 97, "shared/domain/guards.py": 97}
"""What share of the changes in files whose path begins so must be noticed."""

_METHOD = re.compile(r"xǁ(?P<owner>.+)ǁ(?P<name>\w+)__mutmut_\d+")
_FUNCTION = re.compile(r"x_(?P<name>\w+)__mutmut_\d+")


class Fate(str, Enum):
    """What the tests did to a change."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


_FATES = {
    1: Fate.KILLED,
    3: Fate.KILLED,  # pytest itself broke
    -24: Fate.TIMED_OUT,  # SIGXCPU
    -9: Fate.TIMED_OUT,  # SIGKILL, which follows where SIGXCPU does not help
    36: Fate.TIMED_OUT,
}
"""By the exit code of the tests, which mutmut writes down; any other is no proof of a death."""


@dataclass(frozen=True, order=True)
class Change:
    """One change, told by its text, so that it is the same wherever the lines move.

    Attributes:
        function: ``shared.domain.guards.Guard.reason``.
        before: The lines that were taken away, without indentation.
        after: The lines that took their place; "" if none did.
    """

    function: str
    before: str
    after: str


@dataclass(frozen=True)
class Mutant:
    """A change that mutmut made in a file, and what became of it."""

    path: str
    change: Change
    fate: Fate
    only_wording: bool


class AcceptedChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"at": "in"}):
    """A change of ``survivors.yaml``; the fields are those of ``Change``."""

    at: str
    before: str
    after: str


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes that may survive, and why."""

    reason: str
    changes: tuple[AcceptedChange, ...]


def read_mutants(folder: Path, paths: Sequence[str] = ()) -> list[Mutant]:
    """Every change of a finished run of mutmut, from its folder ``mutants``.

    Args:
        folder: Where mutmut left what it did.
        paths: The modules to read; none: all.

    Raises:
        SystemExit: there is no run, or it was interrupted.
    """
    metas = [folder / f"{path}.meta" for path in paths] or sorted(folder.rglob("*.py.meta"))
    for meta in metas:
        if not meta.exists():
            sys.exit(f"mutmut does not change {meta.relative_to(folder).with_suffix('')}")
    mutants = [mutant for meta in metas for mutant in _in_file(folder, meta)]
    if not mutants:
        sys.exit("mutmut has changed nothing; run it first: make mutate")
    return mutants


def read_accepted(path: Path, paths: Sequence[str] = ()) -> dict[Change, str]:
    """The changes that may survive, each with its reason.

    Args:
        path: The file that lists them.
        paths: The modules whose changes are asked for; none: all.

    Raises:
        msgspec.ValidationError: the file has another shape.
    """
    groups = msgspec.convert(yaml.safe_load(path.read_text()) or [], tuple[Accepted, ...])
    modules = tuple(f"{_module(Path(one))}." for one in paths) or ("",)
    return {
        Change(one.at, one.before.strip(), one.after.strip()): group.reason
        for group in groups
        for one in group.changes
        if one.at.startswith(modules)
    }


def table(mutants: Iterable[Mutant]) -> str:
    """The numbers of each file, in Markdown."""
    counted = [one for one in mutants if not one.only_wording]
    paths = sorted({one.path for one in counted})
    rows = [(f"`{path}`", [one for one in counted if one.path == path]) for path in paths]
    lines = [
        "| module | mutants | killed | timed out | survived | caught |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, members in [*rows, ("all", counted)]:
        numbers = [sum(one.fate is fate for one in members) for fate in Fate]
        cells = [name, len(members), *numbers, f"{_percent(members):.1f} %"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def problems(
    mutants: Sequence[Mutant],
    accepted: Mapping[Change, str],
    shares: Mapping[str, float] = LEAST_PERCENT,
) -> list[str]:
    """Why the run is not good enough, a text each; none: it is."""
    counted = [one for one in mutants if not one.only_wording]
    found = []
    for start, least in shares.items():
        percent = _percent([one for one in counted if one.path.startswith(start)])
        if percent < least:
            found.append(f"{start or 'all'}: {percent:.1f} % caught, at least {least} % must be")
    survived = {one.change for one in counted if one.fate is Fate.SURVIVED}
    found += [
        f"no test notices this, and no reason is given:\n{_as_yaml(change)}"
        for change in sorted(survived - accepted.keys())
    ]
    found += [
        f"there is a reason for a change that no longer exists:\n{_as_yaml(change)}"
        for change in sorted(accepted.keys() - {one.change for one in mutants})
    ]
    return found


def _in_file(folder: Path, meta: Path) -> Iterator[Mutant]:
    source = meta.with_suffix("")
    lines = source.read_text().splitlines(keepends=True)
    spans = json.loads(source.with_suffix(".py.spans").read_text())["spans"]
    path = source.relative_to(folder)
    for key, exit_code in json.loads(meta.read_text())["exit_code_by_key"].items():
        if exit_code in {None, 2}:
            sys.exit(f"mutmut was interrupted before {key}; run it again: make mutate")
        name = key.rpartition(".")[2]
        original, mutated = (
            dedent("".join(lines[start - 1 : end]))
            for start, end in (spans[re.sub(r"_\d+$", "_orig", name)], spans[name])
        )
        before, after = _difference(original, mutated)
        yield Mutant(
            path=str(path),
            change=Change(_function(path, name), before, after),
            fate=_FATES.get(exit_code, Fate.SURVIVED),
            only_wording=_is_wording(original, mutated),
        )


def _function(path: Path, name: str) -> str:
    """``x_check_age__mutmut_3`` of shared/run_guards.py is ``shared.run_guards.check_age``."""
    module = _module(path)
    method, function = _METHOD.fullmatch(name), _FUNCTION.fullmatch(name)
    if method:
        return f"{module}.{method['owner']}.{method['name']}"
    return f"{module}.{function['name'] if function else name}"


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _difference(original: str, mutated: str) -> tuple[str, str]:
    """The lines in which the two differ; the first is the signature, with another name each."""
    before = [line.strip() for line in _renamed(original).splitlines()]
    after = [line.strip() for line in _renamed(mutated).splitlines()]
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return "\n".join(before), "\n".join(after)


def _renamed(source: str) -> str:
    return re.sub(r"^def [\wǁ]+", "def it", source, count=1, flags=re.MULTILINE)


def _is_wording(original: str, mutated: str) -> bool:
    """Do the two differ in texts for people, those with a space in them, and in nothing else?"""
    (shape, texts), (other_shape, other_texts) = _masked(original), _masked(mutated)
    return shape == other_shape and all(
        " " in text for text, other in zip(texts, other_texts, strict=True) if text != other
    )


def _masked(source: str) -> tuple[str, list[str]]:
    """The code without its texts, and the texts."""
    tree = ast.parse(_renamed(source))
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
            node.value = ""
    return ast.dump(tree), texts


def _percent(mutants: Sequence[Mutant]) -> float:
    noticed = sum(one.fate is not Fate.SURVIVED for one in mutants)
    return 100 * noticed / len(mutants) if mutants else 100.0


def _as_yaml(change: Change) -> str:
    """As it stands in ``survivors.yaml``."""
    parts = [f"- in: {change.function}"]
    for name, text in (("before", change.before), ("after", change.after)):
        parts.append(f"  {name}: |\n{indent(text, '    ')}" if text else f'  {name}: ""')
    return indent("\n".join(parts), "    ")


def main() -> None:
    """Print the numbers; exit with 1 if the run is not good enough."""
    paths = sys.argv[1:]
    mutants = read_mutants(MUTANTS, paths)
    shares = {} if paths else LEAST_PERCENT  # which are those of all modules together
    found = problems(mutants, read_accepted(SURVIVORS, paths), shares)
    print(table(mutants))  # noqa: T201  # the result
    for problem in found:
        print(f"\n{problem}")  # noqa: T201  # likewise
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
