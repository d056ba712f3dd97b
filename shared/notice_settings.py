"""What the environment says of notices: whom to tell, when, and in which language.

The addresses are kept as they stand, since they are read only where something is told, and so that
one that cannot be read is a warning, not the end of a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from shared.errors import Refused

Language = Literal["", "en", "zh"]

OCCASIONS = ("failed", "changed", "planned", "nothing_matched")
"""What can be a reason to tell of a run; a run can be several."""

DEFAULT_OCCASIONS = frozenset({"failed", "changed"})


class NoticeSettings(msgspec.Struct, frozen=True):
    """The operator's choices about notices. Its representation tells nothing.

    Attributes:
        addresses: ``CURFEW_NOTIFY`` as it stands, see ``shared.notify.channels``; "": nobody.
        occasions: ``CURFEW_NOTIFY_ON``: of which runs to tell.
        language: ``CURFEW_LANGUAGE``; "": what each channel's people read.
    """

    addresses: str = ""
    occasions: frozenset[str] = DEFAULT_OCCASIONS
    language: Language = ""

    def __repr__(self) -> str:
        return "NoticeSettings(***)"


def read_notice_settings(environ: Mapping[str, str]) -> NoticeSettings:
    """The choices that an environment states.

    Raises:
        Refused: an occasion or a language is none of those that there are.
    """
    return NoticeSettings(
        environ.get("CURFEW_NOTIFY", "").strip(),
        _occasions(environ.get("CURFEW_NOTIFY_ON", "")),
        _language(environ.get("CURFEW_LANGUAGE", "")),
    )


def _occasions(text: str) -> frozenset[str]:
    stated = frozenset(name for part in text.split(",") if (name := part.strip()))
    for one in sorted(stated.difference(OCCASIONS)):
        raise Refused(
            f"CURFEW_NOTIFY_ON names {one[:40]!r}; expected any of {', '.join(OCCASIONS)}, "
            "separated by commas"
        )
    return stated or DEFAULT_OCCASIONS


def _language(text: str) -> Language:
    match text.strip():
        case "" | "en" | "zh" as language:
            return language
        case other:
            raise Refused(f"CURFEW_LANGUAGE is {other[:40]!r}; it must be zh or en, or absent")
