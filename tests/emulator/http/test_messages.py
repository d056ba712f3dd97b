"""HTTP as bytes and headers."""

from __future__ import annotations

import pytest

from local.ecs.http.messages import HttpRequest, encodable, in_origin_form


@pytest.mark.parametrize(
    ("target", "host", "inner"),
    [
        ("http://ecs.aliyuncs.com/?A=1", "ecs.aliyuncs.com", "/?A=1"),
        ("http://ecs.aliyuncs.com:80?A=http://x/y", "ecs.aliyuncs.com:80", "/?A=http://x/y"),
        ("HTTPS://ecs.aliyuncs.com", "ecs.aliyuncs.com", "/"),
        ("http://me:secret@127.0.0.1:8421/_local/", "127.0.0.1:8421", "/_local/"),
        ("http://[::1]:8421/a#b", "[::1]:8421", "/a"),
    ],
)
def test_a_request_as_to_a_proxy_is_for_the_host_in_its_url(
    target: str, host: str, inner: str
) -> None:
    request = HttpRequest("GET", target, {"host": "proxy", "accept": "x"}, b"body")

    assert in_origin_form(request) == HttpRequest(
        "GET", inner, {"host": host, "accept": "x"}, b"body"
    )


@pytest.mark.parametrize("target", ["/?A=http://x", "/", "*", "ftp://x/"])
def test_any_other_request_stays_as_it_is(target: str) -> None:
    request = HttpRequest("GET", target, {"host": "127.0.0.1"})

    assert in_origin_form(request) is request


def test_a_form_is_declared_in_any_case() -> None:
    headers = {"content-type": "Application/X-WWW-Form-UrlEncoded; Charset=UTF-8"}

    assert HttpRequest("POST", "/", headers, b"Action=DescribeRegions").form() == {
        "Action": "DescribeRegions"
    }


def test_bytes_that_are_no_text_can_be_encoded_again() -> None:
    target = b"/?Action=\xff&Nonce=\xed\xa0\x80".decode(errors="surrogateescape")

    assert encodable(target).encode() == "/?Action=\ufffd&Nonce=\ufffd\ufffd\ufffd".encode()
    assert encodable("/?a=%FF&b=\u4e2d") == "/?a=%FF&b=\u4e2d"
