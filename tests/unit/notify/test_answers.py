"""How each channel's answer is judged: sent is only what says so, once and clearly."""

from __future__ import annotations

from types import ModuleType

import pytest

from shared.notify import dingtalk, feishu, generic, slack, wecom
from shared.notify.channels import Kind
from shared.notify.outgoing import Answer

FORMS: dict[Kind, ModuleType] = {
    Kind.DINGTALK: dingtalk,
    Kind.FEISHU: feishu,
    Kind.WECOM: wecom,
    Kind.SLACK: slack,
}
CODES = {Kind.DINGTALK: "errcode", Kind.WECOM: "errcode", Kind.FEISHU: "code"}


@pytest.mark.parametrize(
    ("kind", "status", "said", "problem"),
    [
        (Kind.DINGTALK, 200, '{"errcode":0,"errmsg":"ok"}', ""),
        (Kind.DINGTALK, 200, '{"errcode":310000,"errmsg":"sign"}', "errcode 310000: sign"),
        (Kind.DINGTALK, 200, '{"errcode":130101,"errmsg":"too fast"}', "errcode 130101: too fast"),
        (Kind.DINGTALK, 200, '{"errcode":false}', "HTTP 200 without an errcode"),
        (Kind.DINGTALK, 200, '{"errcode":""}', "HTTP 200 without an errcode"),
        (Kind.DINGTALK, 200, '{"errcode":0.0}', "HTTP 200 without an errcode"),
        (Kind.DINGTALK, 200, "<html>", "HTTP 200 without an errcode"),
        (Kind.DINGTALK, 200, "[0]", "HTTP 200 without an errcode"),
        (Kind.DINGTALK, 502, '{"errcode":0}', "HTTP 502 without an errcode"),
        (Kind.DINGTALK, 200, '{"errcode":5}', "errcode 5: "),
        (Kind.WECOM, 200, '{"errcode":0,"errmsg":"ok"}', ""),
        (Kind.WECOM, 200, '{"errcode":45009,"errmsg":"freq"}', "errcode 45009: freq"),
        (Kind.WECOM, 200, '{"errcode":40058,"errmsg":"long"}', "errcode 40058: long"),
        (Kind.FEISHU, 200, '{"code":0,"msg":"success"}', ""),
        (Kind.FEISHU, 200, '{"StatusCode":0,"StatusMessage":"success"}', ""),
        (Kind.FEISHU, 200, '{"code":19021,"msg":"sign"}', "code 19021: sign"),
        (Kind.FEISHU, 200, '{"code":19024,"msg":"keyword"}', "code 19024: keyword"),
        (Kind.FEISHU, 200, '{"code":11232,"msg":"busy"}', "code 11232: busy"),
        (Kind.FEISHU, 400, '{"code":9499,"msg":"bad"}', "code 9499: bad"),
        (Kind.FEISHU, 200, '{"code":0,"StatusCode":0}', ""),
        (
            Kind.FEISHU,
            200,
            '{"StatusCode":19022,"StatusMessage":"address"}',
            "code 19022: address",
        ),
        (Kind.FEISHU, 200, '{"code":0,"StatusCode":19024}', "code 19024: "),
        (Kind.FEISHU, 200, '{"code":false}', "HTTP 200 without a code"),
        (Kind.FEISHU, 200, '{"code":null,"StatusCode":0}', "HTTP 200 without a code"),
        (Kind.FEISHU, 200, "{}", "HTTP 200 without a code"),
        (Kind.SLACK, 200, "ok", ""),
        (Kind.SLACK, 200, "no", "HTTP 200: no"),
        (Kind.SLACK, 404, "no_service", "HTTP 404: no_service"),
        (Kind.SLACK, 429, "", "HTTP 429: "),
    ],
)
def test_an_answer_is_judged_by_its_body(kind: Kind, status: int, said: str, problem: str) -> None:
    assert FORMS[kind].problem(Answer(status, said.encode())) == problem


@pytest.mark.parametrize(("status", "problem"), [(200, ""), (204, ""), (400, "HTTP 400")])
def test_a_generic_answer_is_judged_by_its_status(status: int, problem: str) -> None:
    assert generic.problem(Answer(status, b"")) == problem


UNCLEAR = {
    "refused-then-taken": b'{"@":310000,"@":0}',
    "taken-then-refused": b'{"@":0,"@":310000}',
    "taken-twice": b'{"@":0,"@":0}',
    "another-key-twice": b'{"@":0,"errmsg":"ok","errmsg":"no"}',
    "taken-and-not-a-number": b'{"@":0,"x":NaN}',
    "not-a-number": b'{"@":NaN}',
    "endless": b'{"@":-Infinity}',
    "too-great": b'{"@":1e999}',
    "float": b'{"@":0.0}',
    "almost": b'{"@":0.1}',
    "exponent": b'{"@":0e0}',
    "no": b'{"@":false}',
    "yes": b'{"@":true}',
    "none": b'{"@":null}',
    "text": b'{"@":"0"}',
    "list": b'{"@":[0]}',
    "empty-list": b'{"@":[]}',
    "object": b'{"@":{"@":0}}',
    "nested": b'{"body":{"@":0}}',
    "in-a-list": b'[{"@":0}]',
    "in-a-text": b'"{\\"@\\":0}"',
    "other-case": b'{"ErrCode":0,"Code":0}',
    "two-values": b'{"@":0}{"@":310000}',
    "cut": b'{"@":0,"errmsg":"o',
    "deep": b'{"@":0,"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "utf-16": '{"@":0}'.encode("utf-16"),
    "no-utf-8": b'{"@":0,"errmsg":"\xff"}',
    "huge-number": b'{"@":' + b"9" * 60_000 + b"}",
    "empty": b"",
    "page": b"<html>0</html>",
}


@pytest.mark.parametrize("kind", CODES)
@pytest.mark.parametrize("body", UNCLEAR.values(), ids=list(UNCLEAR))
def test_what_is_not_clearly_taken_is_not_sent(kind: Kind, body: bytes) -> None:
    said = body.replace(b"@", CODES[kind].encode())

    assert FORMS[kind].problem(Answer(200, said))


@pytest.mark.parametrize(
    "said", [b"OK", b"ok ok", b'"ok"', b"not ok", b"o\x00k", b"ok\xff", b"", b"\xef\xbb\xbfno"]
)
def test_slack_says_yes_with_one_word_alone(said: bytes) -> None:
    assert slack.problem(Answer(200, said))
