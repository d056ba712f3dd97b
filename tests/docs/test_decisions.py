"""docs/decisions.md: what it points to exists."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, text_of

PAGE = "docs/decisions.md"
USES_THE_SDK = re.compile(
    r"^(?:from|import) (?:aliyunsdk|shared\.ecs\.(?:sdk|connections)\b)", re.MULTILINE
)
CLIENTS = ("benchmarks", "tests/clients", "tests/docs", "tests/emulator", "tests/programs")
"""Where the SDK is a client like others, whatever Curfew itself is made of."""


def test_every_place_that_it_names_exists() -> None:
    named = re.findall(r"`([a-z_]+/[\w/.]*)`", text_of(PAGE))

    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_link_leads_somewhere() -> None:
    linked = re.findall(r"\]\(([^)\s]+)\)", text_of(PAGE))

    assert [path for path in linked if not (ROOT / "docs" / path).exists()] == []


def test_it_names_whatever_has_to_do_with_the_sdk() -> None:
    _, _, libraries = text_of(PAGE).partition("\n## Libraries\n")
    listed, _, _ = libraries.partition("\n## ")
    named = tuple(re.findall(r"`([a-z_]+/[\w/.]*)`", listed))
    users = [
        str(path.relative_to(ROOT))
        for folder in ("functions", "local", "shared", "tests", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if USES_THE_SDK.search(path.read_text("utf-8"))
    ]

    assert len(users) > len(CLIENTS)
    assert [one for one in users if not one.startswith((*named, *CLIENTS))] == []
