"""docs/decisions.md: what it points to exists."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, text_of

PAGE = "docs/decisions.md"


def test_every_place_that_it_names_exists() -> None:
    named = re.findall(r"`([a-z_]+/[\w/.]*)`", text_of(PAGE))

    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_link_leads_somewhere() -> None:
    linked = re.findall(r"\]\(([^)\s]+)\)", text_of(PAGE))

    assert [path for path in linked if not (ROOT / "docs" / path).exists()] == []
