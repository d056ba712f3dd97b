"""Decorated classes with something to do once, before all their tests: they share an account."""

from __future__ import annotations

import socket
import unittest
from contextlib import suppress

import pytest
import requests

from local.ecs.mock import mock_ecs

UNTOUCHED = socket.getaddrinfo


def is_mocked() -> bool:
    return socket.getaddrinfo is not UNTOUCHED


def asked(tests: object) -> int:
    """How many requests the class's emulator has answered, this one included."""
    assert is_mocked()
    requests.get("https://ecs.aliyuncs.com", timeout=1)
    return len(getattr(tests, "_mock_ecs_of_class").log)  # noqa: B009  # not its own attribute


@mock_ecs
class TestWithSetUp:
    """Run by pytest; its methods count on."""

    count = 0

    @classmethod
    def setup_class(cls) -> None:
        cls.count = asked(cls)
        assert cls.count == 1

    @classmethod
    def teardown_class(cls) -> None:
        cls.goes_on()

    def setup_method(self) -> None:
        self.goes_on()

    def test_what_was_made_before_all_tests_is_there(self) -> None:
        self.goes_on()

    def test_what_was_made_in_another_is_there_too(self) -> None:
        self.goes_on()

    @classmethod
    def test_of_the_class(cls) -> None:
        cls.goes_on()

    @classmethod
    def goes_on(cls) -> None:
        before, cls.count = cls.count, asked(cls)
        assert cls.count == before + 1


class TestInherited(TestWithSetUp):
    """Has an account of its own, and the counts begin anew."""


@mock_ecs
class TestDecoratedAgain(TestWithSetUp):
    """Likewise."""


@mock_ecs
class TestWithPlainFunctions:
    """As pytest allows: without @classmethod, with and without a parameter, no end."""

    def setup_class(cls) -> None:  # noqa: N805  # pytest gives the class
        assert asked(cls) == 1

    def test_it(self) -> None:
        assert asked(self) == 2


@mock_ecs
class TestWithoutAParameter:
    """Likewise."""

    @staticmethod
    def setup_class() -> None:
        assert is_mocked()

    def test_it(self) -> None:
        assert asked(self) == 1


@mock_ecs
class TestOfUnittest(unittest.TestCase):
    """Run by pytest, as unittest's."""

    @classmethod
    def setUpClass(cls) -> None:
        assert asked(cls) == 1
        cls.addClassCleanup(is_mocked)

    @classmethod
    def tearDownClass(cls) -> None:
        assert asked(cls) == 4

    def test_one(self) -> None:
        assert asked(self) == 2

    def test_two(self) -> None:
        assert asked(self) == 3


class Done(unittest.TestCase):
    """Run by hand below; hidden from pytest."""

    __test__ = False
    seen: list[bool]

    @classmethod
    def setUpClass(cls) -> None:
        cls.seen = [is_mocked()]
        cls.addClassCleanup(lambda: cls.seen.append(is_mocked()))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.seen.append(is_mocked())

    def test_it(self) -> None:
        self.seen.append(is_mocked())


class Strays(Done):
    """Its set-up asks another machine, and does not want to know."""

    @classmethod
    def setUpClass(cls) -> None:
        with suppress(BaseException):
            socket.create_connection(("example.com", 80))


def run(tests: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.TestSuite([unittest.defaultTestLoader.loadTestsFromTestCase(tests)]).run(result)
    return result


def test_all_that_unittest_calls_for_a_class_is_within() -> None:
    tests = mock_ecs(type("Mocked", (Done,), {}))

    for _ in range(2):
        assert run(tests).wasSuccessful()
        assert getattr(tests, "seen") == [True] * 4  # noqa: B009  # made by type()
        assert not hasattr(tests, "_mock_ecs_of_class")
    assert not is_mocked()


def test_a_stray_request_before_all_tests_fails_the_class_and_not_the_run() -> None:
    tests = mock_ecs(type("Mocked", (Strays,), {}))

    result = run(tests)

    ((where, text),) = result.errors
    assert "setUpClass" in str(where)
    assert "would have gone to example.com" in text
    assert not is_mocked()


def test_a_stray_request_of_one_test_is_not_raised_in_the_next() -> None:
    @mock_ecs
    class Two:
        @classmethod
        def setup_class(cls) -> None:
            """Have one account."""

        def test_one(self) -> None:
            with suppress(BaseException):
                socket.create_connection(("example.com", 80))

        def test_two(self) -> None:
            assert is_mocked()

    Two.setup_class()
    with pytest.raises(BaseException, match=r"would have gone to example\.com"):
        Two().test_one()
    Two().test_two()
