"""The s.yaml that ships, as a copy: what only it must be is asked of this one.

s.yaml itself belongs to whoever deploys it, and is asked for no more than `python -m local check`
asks. `.ci/run` holds the two equal.
"""

from __future__ import annotations

from typing import Any

from local.check.document import ACCOUNT, Document, Resource, read_document
from local.fc.context import CODE

__all__ = ["ACCOUNT", "SHIPPED", "Resource", "deployed", "raw"]

SHIPPED = CODE / "tests" / "shipped" / "s.yaml"


def raw() -> dict[str, Any]:
    """The file as YAML has it."""
    return dict(_document().raw)


def deployed() -> tuple[Resource, ...]:
    """Every function that ``s deploy`` would make."""
    return _document().resources


def _document() -> Document:
    return read_document(SHIPPED, {})
