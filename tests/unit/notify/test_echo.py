"""What a channel repeats of what it got, in whatever spelling, gets no further."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from shared.notify.channels import Channel, Kind
from shared.notify.echo import without_secrets
from shared.notify.outgoing import Outgoing

TOKEN, SECRET, SIGN = (
    "abcdef0123456789Tok",
    "SECsigning-secret-1",
    "Xy7%2BaZ%2Fq0123456789abcdefgh%3D",
)
ABOUT, SIGNED = (
    "MXwxMjM0NTY3ODkwMTJ8Y24taGFuZ3pob3V8aS1icDE",
    "c2lnbmF0dXJlX29m-YV9saW5rXzEyMzQ1Njc4",
)
URL = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"
CHANNEL = Channel(Kind.DINGTALK, URL, SECRET, 1)
OUTGOING = Outgoing(
    f"{URL}&timestamp=1795780800500&sign={SIGN}",
    {"Content-Type": "application/json"},
    f'{{"text":"[keep](https://keep.example.com/x?lease={ABOUT}.{SIGNED})"}}'.encode(),
)
LINK = f"{ABOUT}.{SIGNED}"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda it: f"?lease={it}",
    "percent": lambda it: quote(f"?lease={it}", safe=""),
    "bare": lambda it: it,
    "html": lambda it: f"x?lease&#61;{it}&quot;",
    "json": lambda it: f"lease\\u003d{it}",
    "capitals": lambda it: f"?LEASE={it}".upper(),
    "wide": lambda it: f"lease\uff1d{it}",
    "all wide": lambda it: "".join(chr(ord(one) + 0xFEE0) for one in it),
    "lines": lambda it: f"lease=\n{it[:40]}\n{it[40:]}",
    "cut": lambda it: f"{it[:40]} {it[40:]}",
    "half": lambda it: it[: len(it) // 2],
    "middle": lambda it: it[3:-3],
    "blanks": " ".join,
    "quotes": '","'.join,
}
"""Ways in which a channel could write what it got."""


@pytest.mark.promise("S46", "S53")
@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("secret", [LINK, SIGNED, TOKEN, SECRET, SIGN])
def test_no_part_of_a_secret_is_left_in_any_spelling(
    secret: str, spell: Callable[[str], str]
) -> None:
    said = without_secrets(f"errcode 1: bad {spell(secret)} end", CHANNEL, OUTGOING)

    letters = "".join(one for one in said.casefold() if one.isalnum())
    known = "".join(one for one in secret.casefold() if one.isalnum())
    assert said.startswith("errcode 1: bad ")
    assert "***" in said
    for first in range(len(known) - 7):
        assert known[first : first + 8] not in letters


@pytest.mark.promise("S46")
def test_the_signature_in_a_body_is_one_too() -> None:
    sign = "qN9fT0y2m4c8Vb1xZr7sLk3jHd5gWe6uAiOpEtYw="
    outgoing = Outgoing("https://open.feishu.cn/x", {}, f'{{"sign":"{sign}"}}'.encode())

    assert without_secrets(f"bad {sign}!", CHANNEL, outgoing) == "bad ***!"


@pytest.mark.promise("S46")
def test_a_value_of_the_address_is_hidden_as_it_reads_too() -> None:
    sign = "ab+cd/ef+gh/ij+kl/mn+op/qr="
    outgoing = Outgoing(f"{URL}&sign={quote(sign, safe='')}", {}, b"")

    said = without_secrets(f"bad {sign} {sign.replace('+', ' ')}", CHANNEL, outgoing)

    assert said == "bad ***= ***="


@pytest.mark.parametrize(
    "said",
    [
        "errcode 310000: keywords not in content, more: [https://open.dingtalk.com/x]",
        "errcode 300001: token is not exist",
        "errcode 1: missing access_token of robot send",
        "errcode 40058: i-bp1example00000001 in cn-hangzhou: \u5185\u5bb9\u8fc7\u957f",
    ],
)
def test_what_is_no_secret_is_said(said: str) -> None:
    assert without_secrets(said, CHANNEL, OUTGOING) == said


def test_what_is_said_is_cut() -> None:
    assert len(without_secrets("x" * 10_000, CHANNEL, OUTGOING)) == 200


@pytest.mark.promise("S46")
@pytest.mark.parametrize(
    "url",
    [
        "https://ops.example.com/MARKEDtoken0",
        "https://ops.example.com/MARKEDtoken0?to=http://example.com/",
        "https://ops.example.com/x/MARKEDtoken0/y",
        "https://ops.example.com/x?key=MARKEDtoken0",
    ],
)
def test_a_key_may_stand_in_any_part_of_an_address(url: str) -> None:
    channel = Channel(Kind.GENERIC, url, "", 1)

    said = without_secrets("bad M-A-R-K-E-D-t-o-k-e-n-0!", channel, Outgoing(url, {}, b""))

    assert said == "bad ***!"


def test_a_signature_is_said_to_be_one() -> None:
    said = without_secrets("sign=0123456789 is bad", CHANNEL, OUTGOING)

    assert said == "sign=*** is bad"


def test_half_a_character_is_no_reason_to_say_nothing() -> None:
    assert without_secrets("bad \ud800 測", CHANNEL, OUTGOING) == "bad ? 測"
