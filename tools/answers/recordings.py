"""A folder of recorded answers.

Three kinds of files: JSON with ``_kind`` (the operation, or ``error``), ``_year``,
``_http_status``, ``_note`` and the ``body``, and ``shortened`` in name or note if somebody left
fields out; XML called ``xml_YEAR_operation.xml``; and headers called ``headers_YEAR_….txt``, a
status line and headers up to the first blank line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

Json = Any
"""What JSON decodes to."""
FULL_SINCE = 2023
"""Answers before this year lack fields that ECS has added since."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One answer as somebody recorded it.

    Attributes:
        kind: the operation's name, ``error`` or ``headers``.
        whole: whether a field that it lacks is one that ECS did not answer.
        form: ``json``, ``xml`` or ``headers``.
        body: decoded; of headers, their values by lower-case name.
    """

    name: str
    kind: str
    year: int
    status: int
    whole: bool
    form: str
    body: Mapping[str, Json]


def read_folder(folder: Path) -> list[Recording]:
    """Every recording in a folder, by name.

    Raises:
        ValueError: there is none, or a file is not of the form that its name says.
    """
    found = [
        *map(_json, sorted(folder.glob("*.json"))),
        *map(_xml, sorted(folder.glob("xml_*.xml"))),
        *map(_headers, sorted(folder.glob("headers_*.txt"))),
    ]
    if not found:
        raise ValueError(f"{folder} has no recorded answers (*.json, xml_*.xml, headers_*.txt)")
    return found


def _json(path: Path) -> Recording:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        year, note = int(content["_year"]), content.get("_note", "")
        return Recording(
            name=path.name,
            kind=content["_kind"],
            year=year,
            status=int(content.get("_http_status", 200)),
            whole=year >= FULL_SINCE and "shortened" not in f"{path.stem} {note}",
            form="json",
            body=content["body"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not a recorded answer: expected JSON with _kind, _year and body ({error})"
        ) from None


def _xml(path: Path) -> Recording:
    _, year, operation = path.stem.split("_", 2)
    return Recording(
        name=path.name,
        kind="".join(word.capitalize() for word in operation.split("_")),
        year=int(year),
        status=200,
        whole=False,
        form="xml",
        body=from_xml(path.read_bytes()),
    )


def _headers(path: Path) -> Recording:
    status, *lines = path.read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    year = int(path.stem.split("_")[1])
    names = (line.partition(":")[0].strip().lower() for line in lines)
    body = dict.fromkeys(names, "")
    return Recording(
        name=path.name,
        kind="headers",
        year=year,
        status=int(status.split()[1]),
        whole=False,
        form="headers",
        body=body,
    )


def from_xml(document: bytes) -> dict[str, Json]:
    """The content of one XML document, nested as its elements are; repeated ones are a list."""
    content = _content(ET.fromstring(document))  # noqa: S314  # a file that the user has named
    return content if isinstance(content, dict) else {}


def _content(element: ET.Element) -> Json:
    if not len(element):
        return (element.text or "").strip()
    content: dict[str, Json] = {}
    for child in element:
        if child.tag in content:
            before = content[child.tag]
            content[child.tag] = [*(before if isinstance(before, list) else [before])]
            content[child.tag].append(_content(child))
        else:
            content[child.tag] = _content(child)
    return content
