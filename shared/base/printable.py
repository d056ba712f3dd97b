"""Text for people: counts with their nouns, and no character that takes effect.

Characters that a terminal or a log would act on are written as their code points. Names of
instances and texts from servers may contain escape sequences, line ends that only some programs
know (U+2028, C1), and marks that reverse the direction of text. Letters of all scripts are kept.
"""

from __future__ import annotations

_IDEOGRAPHIC_SPACE = "\u3000"
_SHORT = 20


def printable(text: str) -> str:
    r"""The text, with each unprintable character written as in JSON: ``\u2028``.

    So JSON stays equivalent: these characters can appear only in its strings.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one == _IDEOGRAPHIC_SPACE else _escaped(one) for one in text
    )


def repeated(value: str) -> str:
    """A value for a message: as it stands, or how long it is where it may be a key or an address.

    For what is right in a few characters. People set the variable next to the one they mean.
    """
    return repr(value) if len(value) <= _SHORT else f"a text of {len(value)} characters"


def counted(number: int, thing: str) -> str:
    """A number with its noun: ``1 instance``, ``2 instances``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(rf"\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
