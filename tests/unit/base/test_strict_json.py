"""Strict JSON: what is read, what is refused, and how errors read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.strict_json import JsonError, loads, shown

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON)
def test_every_value_is_read_back_from_text_and_bytes(value: object) -> None:
    text = json.dumps(value)

    assert loads(text) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize("data", ["\ufeff[1]", "\ufeff[1]".encode(), b"\xef\xbb\xbf [1]\r\n"])
def test_a_byte_order_mark_is_tolerated(data: bytes | str) -> None:
    assert loads(data) == [1]


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert loads(r'"\uD83D\ude00 \\ud83d"') == "\N{GRINNING FACE} \\ud83d"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param("\ufeff \n", "it is empty", id="blank"),
        pytest.param(b'{"a": "\xff"}', "not UTF-8: byte 0xff at offset 7", id="not-utf-8"),
        pytest.param('"\ud800"', "not UTF-8: byte 0xed at offset 1", id="surrogate-in-text"),
        pytest.param(
            r'{"a": ["\ud83d"]}',
            r"the text contains half a surrogate pair: '\ud83d'",
            id="half-a-surrogate-pair",
        ),
        pytest.param(
            r'{"\uDE00": 1}',
            r"the text contains half a surrogate pair: '\ude00'",
            id="half-a-surrogate-pair-in-a-key",
        ),
        pytest.param(
            '{"a": 1,\n "b": stop}',
            "not JSON: Expecting value at line 2, column 7: 'stop}'",
            id="syntax",
        ),
        pytest.param("[1] 2", "not JSON: Extra data at line 1, column 5: '2'", id="two-values"),
        pytest.param(
            '{"a": {"b": 1, "b": 1}}', "the key 'b' appears twice in one object", id="duplicate-key"
        ),
        pytest.param("[NaN]", "NaN is not a JSON number", id="nan"),
        pytest.param("-Infinity", "-Infinity is not a JSON number", id="infinity"),
        pytest.param("1e999", "the number 1e999 is too large", id="overflow"),
        pytest.param(
            "9" * 5000,
            f"a number of 5000 characters, 64 at most: '{'9' * 58}…",
            id="long-integer",
        ),
        pytest.param(
            f"0.{'1' * 63}",
            f"a number of 65 characters, 64 at most: '0.{'1' * 56}…",
            id="long-fraction",
        ),
        pytest.param("[" * 65 + "]" * 65, "nested more than 64 levels deep", id="deep"),
        pytest.param(
            '{"a":' * 65 + "1" + "}" * 65, "nested more than 64 levels deep", id="deep-objects"
        ),
        pytest.param("[" * 100_000, "nested more than 64 levels deep", id="deeper-than-python-can"),
    ],
)
def test_what_could_be_misread_is_refused(data: bytes | str, message: str) -> None:
    with pytest.raises(JsonError) as caught:
        loads(data)

    assert str(caught.value) == message


def test_sixty_four_levels_are_read() -> None:
    text = '[{"a":' * 32 + "1" + "}]" * 32

    assert loads(text) == json.loads(text)


@given(st.binary() | st.text() | st.text('[]{}":,0e-.\\ud8N aI'))
def test_nothing_but_a_short_json_error_is_raised(data: bytes | str) -> None:
    try:
        loads(data)
    except JsonError as error:
        assert len(str(error)) < 300  # noqa: PT017  # most inputs raise, some do not


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("stop", "'stop'", id="text"),
        pytest.param("停\u202e\n", r"'停\u202e\n'", id="text-that-would-disturb-a-log"),
        pytest.param("x" * 10_000_000, f"'{'x' * 58}…", id="long-text"),
        pytest.param({"a": [None, True]}, "{'a': [None, True]}", id="object"),
        pytest.param(["i-1"] * 50, "['i-1', 'i-1', 'i-1', 'i-1', 'i-1', 'i-1', 'i-1', 'i-1', 'i…"),
    ],
)
def test_a_value_is_shown_as_python_writes_it_cut_to_sixty(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\u201ca\u201d: 1}", 'LEFT DOUBLE QUOTATION MARK: type a plain "'),
        ('{"a": \u201cx\u201d}', 'LEFT DOUBLE QUOTATION MARK: type a plain "'),
        ('{"a": "x\u201d}', 'RIGHT DOUBLE QUOTATION MARK: type a plain "'),
        ('{"a\u201d: 1, "b": 2}', 'RIGHT DOUBLE QUOTATION MARK: type a plain "'),
        ("{'a': 1}", 'APOSTROPHE: type a plain "'),
        ('{"a"\uff1a1}', "FULLWIDTH COLON: type a plain :"),
        ('{"a": 1\uff0c"b": 2}', "FULLWIDTH COMMA: type a plain ,"),
        ('\uff5b"a": 1\uff5d', "FULLWIDTH LEFT CURLY BRACKET: type a plain {"),
        ('{"a": 1\uff5d', "FULLWIDTH RIGHT CURLY BRACKET: type a plain }"),
        ('{"a": \u3010]}', "LEFT BLACK LENTICULAR BRACKET: type a plain ["),
        ('{"a": \uff0d1}', "FULLWIDTH HYPHEN-MINUS: type a plain -"),
        ('\u00a0{"a": 1}', "NO-BREAK SPACE: type a plain space"),
        ('{"a":\u3000 1}', "IDEOGRAPHIC SPACE: type a plain space"),
        ('{"a": \u200b1}', "ZERO WIDTH SPACE: type a plain space"),
    ],
)
def test_what_only_looks_like_json_is_named(text: str, said: str) -> None:
    with pytest.raises(JsonError) as caught:
        loads(text)

    assert str(caught.value).endswith(f" is {said}")


@pytest.mark.parametrize(
    "text", ['{"a": "\u201c", "b": stop}', '{"a": "\uff0c\u00a0" 1}', '{"a": 1,}', '{"a', '{"a" 1}']
)
def test_what_stands_in_a_text_as_it_may_is_not_blamed(text: str) -> None:
    with pytest.raises(JsonError) as caught:
        loads(text)

    assert "type a plain" not in str(caught.value)
