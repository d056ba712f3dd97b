"""What msgspec complains of is told in plain words, by its place."""

from __future__ import annotations

from enum import Enum

import msgspec
import pytest

from local.ecs.complaints import InvalidError, decoded, nearest, there_are


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Part(msgspec.Struct, forbid_unknown_fields=True):
    size: int = 0
    colour: Colour | None = None


class Whole(msgspec.Struct):
    parts: tuple[Part, ...] = ()
    by_name: dict[str, Colour] = {}
    ends: bool | None = None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"parts": [{"size": "x"}]}', "parts[0].size: expected a whole number, not a string"),
        ('{"parts": [{"sise": 1}]}', "parts[0].sise: there is no such field; did you mean size? "),
        ('{"parts": [{"colour": "rad"}]}', "parts[0].colour: 'rad' is invalid: did you mean red? "),
        ('{"by_name": {"a": "x"}}', "by_name[...]: 'x' is invalid: there are red, blue"),
        ('{"ends": "no"}', "ends: expected true or false or nothing, not a string"),
        ("[]", "expected fields, not a list"),
        ("", "this is not JSON: it is empty, or ends too early"),
        ("{x}", "this is not JSON: JSON is malformed"),
    ],
)
def test_a_complaint_names_the_place_and_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(InvalidError) as caught:
        decoded(text.encode(), Whole)

    assert str(caught.value).startswith(said)


def test_the_nearest_word_is_found_in_whatever_case() -> None:
    assert nearest("PREPAYD", ["PostPaid", "PrePaid"]) == "PrePaid"
    assert nearest("zzz", ["PostPaid", "PrePaid"]) == ""


def test_of_many_words_only_the_nearest_is_named() -> None:
    many = [f"word-{number}" for number in range(13)]

    assert there_are("wort-12", many) == "did you mean word-12?"
    assert there_are("wort-11", many[:12]).startswith("did you mean word-11? There are word-0, ")
    assert there_are("zzz", many).startswith("there are word-0, word-1, ")
    assert there_are("zzz", [f"word-{number}" for number in range(300)]) == (
        "there are 300, such as word-0"
    )
