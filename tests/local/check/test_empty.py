"""Variables that are switched on and empty, and words that only look like true and false."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.check.findings import Level
from local.fc.deployment import function_names
from tests.local.check.edits import Checked, template
from tests.local.check.test_told import changed, told

IN_ALL = f"in all {len(function_names())} functions"
EMPTY = {
    "CURFEW_NOTIFY": "nobody will be told",
    "CURFEW_LINK_KEY": "messages will have no links, and no link is valid",
    "CURFEW_LINK_URL": "messages will have no links",
}


def empty(checked: Checked, name: str, value: str, **environ: str) -> list[str]:
    found = checked(lambda d: template(d)["environmentVariables"].update({name: value}), **environ)
    return [one for one in found[Level.WARNING] if one.startswith(f"{name} is empty")]


@pytest.mark.parametrize(("name", "means"), EMPTY.items(), ids=EMPTY)
def test_what_the_shell_does_not_set_is_told_once(checked: Checked, name: str, means: str) -> None:
    asked = f"${{env('{name}')}}"
    said = f"{name} is empty, since {name} is not set in this shell: {means}\n{IN_ALL}"

    assert empty(checked, name, asked) == [said]
    assert empty(checked, name, asked, **{name: " "}) == [f"{name} is empty: {means}\n{IN_ALL}"]


def test_an_empty_text_of_the_file_is_told_too(checked: Checked) -> None:
    assert len(empty(checked, "CURFEW_NOTIFY", "")) == 1


def test_what_is_set_or_only_s_can_fill_in_is_not_called_empty(checked: Checked) -> None:
    slack = "https://hooks.slack.com/services/T/B/x"

    assert empty(checked, "CURFEW_NOTIFY", "${env('N')}", N=slack) == []
    assert empty(checked, "CURFEW_NOTIFY", "${file('./x')}") == []


def test_any_variable_that_the_shell_does_not_set_is_told(checked: Checked) -> None:
    said = "CURFEW_ONLY_TAGS is empty, since OURS is not set in this shell: its default will hold"

    (told_once,) = empty(checked, "CURFEW_ONLY_TAGS", "${env('OURS')}")

    assert told_once.startswith(said)


@pytest.mark.parametrize("word", ["yes", "Yes", "on", "no", "off"])
def test_yes_and_no_are_texts_as_the_deploy_tool_reads_them(word: str, tmp_path: Path) -> None:
    path = changed(tmp_path, ("            enable: true", f"            enable: {word}"))

    (error,) = told(path)[Level.ERROR]
    assert error == (
        f"timer evening-dry-run: enable: '{word}' is invalid: expected true or false, without "
        "quotes; yes, no, on and off are texts"
    )


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_true_is_true_however_it_is_spelt(word: str, tmp_path: Path) -> None:
    path = changed(tmp_path, ("            enable: true", f"            enable: {word}"))

    assert told(path)[Level.ERROR] == []
