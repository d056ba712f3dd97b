"""What the commands' parameters take: an address with its scheme, or one that says what it is."""

from __future__ import annotations

import pytest
from click import BadParameter

from local.cli.parameters import ENDPOINT, FUNCTION
from local.fc.deployment import action_names


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("http://127.0.0.1:8421", "http://127.0.0.1:8421"),
        ("http://127.0.0.1:8421/", "http://127.0.0.1:8421"),
        (" 127.0.0.1:8421 ", "http://127.0.0.1:8421"),
        ("localhost:8421", "http://localhost:8421"),
        ("localhost", "http://localhost"),
        ("[::1]:8421", "http://[::1]:8421"),
        ("https://127.0.0.1:8421", "https://127.0.0.1:8421"),
        ("ecs.cn-hangzhou.aliyuncs.com", "https://ecs.cn-hangzhou.aliyuncs.com"),
        ("https://ecs-vpc.cn-beijing.aliyuncs.com", "https://ecs-vpc.cn-beijing.aliyuncs.com"),
    ],
)
def test_an_address_is_read_with_or_without_its_scheme(written: str, read_as: str) -> None:
    assert ENDPOINT.convert(written, None, None) == read_as


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("8421", "write http://127.0.0.1:8421"),
        (":8421", "write http://127.0.0.1:8421"),
        ("http://127.0.0.1:8421/_local/", "write the address alone: http://127.0.0.1:8421"),
        ("127.0.0.1:8421?x=1", "write the address alone: http://127.0.0.1:8421"),
        ("http://ecs.example.com", "write https://ecs.example.com"),
        ("ftp://127.0.0.1", "ftp is not http or https; write http://127.0.0.1"),
        ("", "is not an address"),
        ("http://", "is not an address"),
        ("127.0.0.1:0", "is not an address"),
        ("127.0.0.1:x", "is not an address"),
        ("https://user@ecs.example.com", "is not an address"),
        ("http://[", "is not an address"),
    ],
)
def test_what_is_no_address_is_told_with_what_would_be(written: str, said: str) -> None:
    with pytest.raises(BadParameter) as caught:
        ENDPOINT.convert(written, None, None)

    assert said in caught.value.message


def test_a_function_is_one_that_takes_events() -> None:
    assert [FUNCTION.convert(one, None, None) for one in action_names()] == [*action_names()]
    assert FUNCTION.convert("set-auto-release", None, None) == "set_auto_release"


@pytest.mark.parametrize("name", ["extend_lease", "extend-lease"])
def test_a_page_takes_no_event(name: str) -> None:
    with pytest.raises(BadParameter, match="extend_lease takes no event: a browser opens it"):
        FUNCTION.convert(name, None, None)
