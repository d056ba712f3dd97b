"""A response's body as ECS's XML.

The default ``Format`` of ECS is XML (Common parameters, API reference). Elements are nested as the
JSON form is: a list's items are repeated elements inside their wrapper. Nothing is parsed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_PROLOGUE = "<?xml version='1.0' encoding='UTF-8'?>"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(root: str, body: Mapping[str, Any]) -> bytes:
    """Write ``body`` as one XML document in UTF-8.

    Args:
        root: the outermost element: ``<Action>Response``, or ``Error``.
        body: JSON-ready; characters that XML 1.0 cannot represent are omitted.
    """
    return (_PROLOGUE + "".join(_element(root, body))).encode()


def _element(name: str, value: object) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _element(name, item)
        return
    yield f"<{name}>"
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _element(key, inner)
    else:
        yield _text(value)
    yield f"</{name}>"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(_NOT_XML.sub("", str(value)), quote=False)
