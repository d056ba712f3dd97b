"""Pages of documentation, taken apart."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from local.fc.context import CODE
from shared.action import Action
from shared.request.request import Request

ROOT = CODE

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block."""

    language: str
    text: str

    def without_comments(self) -> str:
        """The code alone; what follows a # in a line is a comment, except in JSON."""
        if self.language not in {"sh", "text", "yaml", "python"}:
            return self.text
        return re.sub(r"(?m)(^| +)# .*", "", self.text)


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[Block]:
    """The code blocks, in order; of these languages only, if any are named."""
    found = [Block(*match) for match in _BLOCK.findall(text_of(page))]
    return [one for one in found if not languages or one.language in languages]


def prose(page: str) -> str:
    """The page without its code blocks."""
    return _BLOCK.sub("", text_of(page))


def events(page: str) -> list[dict[str, Any]]:
    """The events to paste: every JSON block but the report."""
    bodies = [json.loads(block.text) for block in blocks(page, "json")]
    return [body for body in bodies if "counts" not in body]


def report(page: str) -> dict[str, Any]:
    [body] = [
        body for block in blocks(page, "json") if "counts" in (body := json.loads(block.text))
    ]
    return dict(body)


def tables(page: str) -> list[list[list[str]]]:
    """Every table as rows of cells, without its head."""
    found = re.findall(r"(?:^\|.*\n)+", prose(page), re.MULTILINE)
    return [
        [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
        for table in found
    ]


def check_rows(rows: Sequence[object], wanted: Sequence[object]) -> None:
    """Assert that a table has a row for each thing wanted, once and in their order."""
    lacking = [one for one in wanted if one not in rows]
    assert not lacking, f"no row for {lacking}"
    unknown = [one for one in rows if one not in wanted]
    assert not unknown, f"a row for {unknown}, which does not exist"
    assert list(rows) == list(wanted), f"rows of {rows} should be those of {wanted}, in this order"


def leads_somewhere(page: Path, target: str) -> bool:
    """Is there the file that a link on this page names, and in it the heading?"""
    path, _, heading = target.partition("#")
    file = page.parent / path if path else page
    if not heading:
        return file.exists()
    titles = re.findall(r"^#+ (.*)", file.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {_anchor(title) for title in titles}


def links(page: Path) -> list[str]:
    """Where the page's links lead, but those to other sites."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return [one for one in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in one]


def _anchor(title: str) -> str:
    """A heading's name in a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-")


def action_of(function: str) -> Action[Request]:
    action: Action[Request] = import_module(f"functions.{function}").ACTION
    return action


def codes(cell: str) -> list[str]:
    """What is written as code in a cell."""
    return re.findall(r"`([^`]+)`", cell)
