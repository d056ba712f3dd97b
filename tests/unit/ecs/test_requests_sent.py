"""What our adapter sends, on a real socket: the request as given, and only what HTTP takes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.ecs.connections import Adapter
from shared.settings.settings import Settings
from tests.harness.servers import ANSWER, listening, saying

NO_PROXIES: Mapping[str, str | None] = {"http": None, "https": None}


def sent(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """What a server gets."""
    with listening(saying(ANSWER)) as server:
        adapter = Adapter(Settings(), connections=1)
        url = f"http://127.0.0.1:{server.port}{target}"
        answer = adapter.exchange(method, url, headers, body, timeouts_s=(5, 5), proxies=NO_PROXIES)
        assert answer.status_code == 200
        answer.raw.read()
        adapter.close()
    return bytes(server.received[0])


@pytest.mark.parametrize(
    ("target", "line"),
    [
        pytest.param("/?a=%5B1%5D&b=c%2Bd", "/?a=%5B1%5D&b=c%2Bd", id="escaped-already"),
        pytest.param("/?a=b&c=~", "/?a=b&c=~", id="plain"),
        pytest.param("", "/", id="empty"),
        pytest.param("/钩子 1?键=值", "/%E9%92%A9%E5%AD%90%201?%E9%94%AE=%E5%80%BC", id="chinese"),
        pytest.param("/a\r\nX-Evil: 1", "/a%0D%0AX-Evil:%201", id="line-ends"),
    ],
)
def test_a_target_is_sent_as_it_is_but_for_what_may_not_stand_in_one(
    target: str, line: str
) -> None:
    assert sent("GET", target, {}).startswith(f"GET {line} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [
        pytest.param("GET", b"", b"", id="get"),
        pytest.param("POST", b"", b"Content-Length: 0\r\n", id="post-without-a-body"),
        pytest.param("POST", b"12345", b"Content-Length: 5\r\n", id="post"),
    ],
)
def test_the_length_of_a_body_is_told_once(method: str, body: bytes, length: bytes) -> None:
    got = sent(method, "/", {"X-One": "1"}, body)

    head, _, rest = got.partition(b"\r\n\r\n")
    assert rest == body
    assert b"\r\nX-One: 1\r\n" in head + b"\r\n"
    assert head.lower().count(b"content-length") == (1 if length else 0)
    assert length.strip() in head
    assert b"Transfer-Encoding" not in head


def test_a_header_cannot_begin_another() -> None:
    with pytest.raises(ValueError, match="Invalid header"):
        sent("GET", "/", {"X-One": "1\r\nX-Evil: 1"})
