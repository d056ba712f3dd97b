"""What greets who wants to help: the commands and files that it names exist, the versions agree."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.docs.pages import ROOT, blocks, links, prose, tables, text_of

CI = ROOT / ".github" / "workflows" / "ci.yml"
HOOKS = ROOT / ".pre-commit-config.yaml"


def test_every_make_target_that_is_named_exists() -> None:
    known = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    text = text_of("CONTRIBUTING.md")
    named = set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))
    named |= set(re.findall(r"`make ([a-z-]+)`", text))

    assert len(named) > 6
    assert named <= known


def test_the_example_of_one_test_names_tests_that_exist() -> None:
    (line,) = re.findall(
        r"pytest (\S+) -k (\w+)", "".join(b.text for b in blocks("CONTRIBUTING.md"))
    )
    path, word = line

    assert re.search(rf"def test_\w*{word}", (ROOT / path).read_text("utf-8"))


def test_every_folder_of_tests_is_told() -> None:
    named = re.findall(r"`tests/(\w+)/`", "".join(row[0] for row in tables("CONTRIBUTING.md")[0]))
    there = [path for path in (ROOT / "tests").glob("[a-z]*") if any(path.glob("[a-z]*"))]

    assert sorted(named) == sorted(path.name for path in there if path.is_dir())


def test_there_is_a_recipe_for_each_thing_that_people_do() -> None:
    recipes = re.findall(r"^\*\*(.*?)\.\*\*", prose("CONTRIBUTING.md"), re.MULTILINE)

    assert len(recipes) == 7


def test_every_place_that_a_recipe_names_is_there() -> None:
    text = prose("CONTRIBUTING.md")
    paths = set(re.findall(r"`((?:[a-z_]+/)+[\w.-]*)`", text))
    placed = re.findall(r"`([A-Za-z_]+)`\s+\(`([\w/]+\.py)`", text)

    assert len(paths) > 25
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == ["functions/NAME.py"]
    assert len(placed) > 5
    assert [
        (name, path)
        for name, path in placed
        if not re.search(rf"^(?:class |def )?{name}\b", text_of(path), re.MULTILINE)
    ] == []


def test_ci_runs_the_one_script_on_every_supported_python() -> None:
    job = yaml.safe_load(CI.read_text("utf-8"))["jobs"]["ci"]
    oldest = re.findall(r'requires-python = ">=(.*?)"', text_of("pyproject.toml"))

    assert job["strategy"]["matrix"]["python"] == [*oldest, "3.11", "3.12"]
    assert job["env"] == {"PYTHON": "python${{ matrix.python }}"}
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert all(re.search(r"@v\d+$", step["uses"]) for step in job["steps"] if "uses" in step)


def test_the_hooks_run_what_make_check_runs() -> None:
    (repository,) = yaml.safe_load(HOOKS.read_text("utf-8"))["repos"]
    (check,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", text_of("Makefile"), re.MULTILINE)
    commands = [line.strip().replace("$(VENV)", ".venv") for line in check.splitlines()]

    assert repository["repo"] == "local"
    assert [hook["entry"] for hook in repository["hooks"]] == [
        one.removesuffix(" .") for one in commands
    ]


def test_the_changelog_has_one_open_section_above_dated_ones() -> None:
    newest, *others = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    versions = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) - \d{4}-\d\d-\d\d", one) for one in others]
    numbers = [tuple(map(int, version.groups())) for version in versions if version]

    assert re.fullmatch(r"\d+\.\d+\.\d+ - unreleased", newest)
    assert len(numbers) == len(others) > 0
    assert numbers == sorted(numbers, reverse=True)


def test_the_glossary_has_each_word_once_in_both_languages() -> None:
    (rows,) = tables("docs/glossary.md")

    assert all(len(row) == 3 and all(row) for row in rows)
    for column in (0, 1):
        words = [word for row in rows for word in re.split(r"[,、] ?", row[column])]
        assert len(words) == len(set(words))


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_front_page_leads_to_it(page: str) -> None:
    assert set(links(ROOT / page)) >= {"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE"}
    assert "docs/glossary.md" in links(ROOT / "CONTRIBUTING.md")
