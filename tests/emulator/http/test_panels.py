"""What an embedding program adds to the status page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.ecs.emulator import Emulator, Options
from local.ecs.http.messages import HttpRequest
from local.ecs.http.panels import MOST_ROWS, Panel


def shown(*panels: Panel) -> dict[str, Any]:
    request = HttpRequest("GET", "/_local/panels", {"host": "127.0.0.1"})
    answer: dict[str, Any] = json.loads(Emulator(Options(panels=panels)).handle(request).body)
    return answer


def test_without_an_embedding_program_there_are_no_panels() -> None:
    assert shown() == {"panels": []}


def test_panels_come_in_their_order_with_rows_as_they_are_at_the_look() -> None:
    rows: list[Mapping[str, str]] = []
    chat, other = Panel("Chat", lambda: rows), Panel("Other", tuple, empty="No others.")

    rows.append({"From": "bot", "Text": "<b>done</b>\nall"})

    assert shown(chat, other) == {
        "panels": [
            {"title": "Chat", "empty": "Nothing yet.", "rows": [rows[0]]},
            {"title": "Other", "empty": "No others.", "rows": []},
        ]
    }


def test_only_the_first_rows_are_shown() -> None:
    panel = Panel("Chat", lambda: [{"Number": str(each)} for each in range(MOST_ROWS + 1)])

    rows = shown(panel)["panels"][0]["rows"]

    assert [rows[0], rows[-1]] == [{"Number": "0"}, {"Number": str(MOST_ROWS - 1)}]
