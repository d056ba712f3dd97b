"""What the decorator makes of functions of every kind, and of classes of tests."""

from __future__ import annotations

import asyncio
import inspect
import socket
import unittest
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from local.ecs.account.quirks import Quirks
from local.ecs.fake import StrayRequestError
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.fleet.fleet_file import FleetFileError
from local.ecs.mock import mock_ecs

UNTOUCHED = socket.getaddrinfo


def is_mocked() -> bool:
    return socket.getaddrinfo is not UNTOUCHED


def answered() -> bool:
    """Whether the emulator answers; what is not mocked has no such host to go to."""
    return is_mocked() and requests.get("https://ecs.aliyuncs.com", timeout=1).status_code == 400


@mock_ecs
def plain() -> bool:
    return answered()


@mock_ecs()
async def coroutine() -> bool:
    await asyncio.sleep(0)
    return answered()


@mock_ecs
def generator() -> Iterator[bool]:
    yield answered()
    yield answered()


def test_functions_of_every_kind_run_within() -> None:
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert [plain(), asyncio.run(coroutine()), *generator()] == [True] * 4
    assert not is_mocked()


def test_an_asynchronous_generator_is_refused_with_what_to_write() -> None:
    async def endless() -> AsyncIterator[int]:
        yield 1

    with pytest.raises(TypeError, match=r"endless is an asynchronous .* write `with mock_ecs"):
        mock_ecs(endless)


class Base:
    """Its tests are mocked only in the class that is decorated."""

    def test_inherited(self) -> None:
        assert answered()


@mock_ecs
class TestPlainClass(Base):
    """Collected by pytest; each test finds what was done in its own setup_method, and no more."""

    def setup_method(self) -> None:
        self.before = [answered()]

    def teardown_method(self) -> None:
        assert answered()

    def test_one(self) -> None:
        assert [*self.before, answered()] == [True, True]

    @staticmethod
    def test_static() -> None:
        assert answered()

    @classmethod
    def test_of_the_class(cls) -> None:
        assert answered()

    def helper(self) -> bool:
        return is_mocked()


@mock_ecs
class TestWithClassWithin:
    """Its setup_method has the parameter that pytest fills."""

    class TestWithin:
        """A class within."""

        def setup_method(self, method: Callable[..., None]) -> None:
            assert method.__name__ == "test_two"
            assert answered()

        def test_two(self) -> None:
            assert answered()


def test_what_is_no_test_stays_as_it_is() -> None:
    assert not TestPlainClass().helper()
    with pytest.raises(AssertionError):
        Base().test_inherited()


@mock_ecs(fleet={"instances": [{"name": "web"}]})
class KeptInOneObject:
    """What is done before a test is there in it: they share an emulator."""

    def setup_method(self) -> None:
        requests.get("https://ecs.aliyuncs.com", timeout=1)

    def test_what(self) -> int:
        requests.get("https://ecs.aliyuncs.com", timeout=1)
        return len(vars(self)["_mock_ecs"].log)


def test_a_test_shares_the_emulator_of_what_came_before_it() -> None:
    for _ in range(2):
        tests = KeptInOneObject()
        tests.setup_method()
        assert tests.test_what() == 2


@mock_ecs()
class TestOfUnittest(unittest.TestCase):
    """Collected by pytest, as unittest's."""

    def setUp(self) -> None:
        self.before = answered()

    def test_that_it_is_answered(self) -> None:
        self.addCleanup(self.is_still_answered)
        assert [self.before, answered()] == [True, True]

    def is_still_answered(self) -> None:
        assert answered()


class Outcomes(unittest.TestCase):
    """Decorated by the tests below; hidden from pytest."""

    __test__ = False

    def test_good(self) -> None:
        assert answered()

    def test_swallowed(self) -> None:
        with suppress(BaseException):
            socket.create_connection(("example.com", 80))

    @unittest.skip("to see what it leaves behind")
    def test_skipped(self) -> None:
        """Never run."""

    async def of_no_test(self) -> None:
        """Left alone."""


class OutcomesOfCoroutines(unittest.IsolatedAsyncioTestCase):
    """Likewise."""

    __test__ = False

    async def asyncSetUp(self) -> None:
        assert answered()

    async def test_good(self) -> None:
        await asyncio.sleep(0)
        assert answered()


@pytest.mark.parametrize(
    ("tests", "ran", "wrong"), [(Outcomes, 3, ["test_swallowed"]), (OutcomesOfCoroutines, 1, [])]
)
def test_unittest_runs_each_test_and_hears_of_stray_requests(
    tests: type[unittest.TestCase], ran: int, wrong: list[str]
) -> None:
    decorated = mock_ecs(type("Decorated", (tests,), {}))
    result = unittest.TestResult()

    unittest.defaultTestLoader.loadTestsFromTestCase(decorated).run(result)

    # Python 3.12.1 alone does not count who is skipped.
    assert result.testsRun in {ran, ran - len(result.skipped)}
    assert [test.id().rpartition(".")[2] for test, _ in result.errors] == wrong
    assert all("would have gone to example.com" in text for _, text in result.errors)
    assert result.failures == []
    assert not is_mocked()


def test_a_fleet_may_be_given_as_it_stands_in_a_file() -> None:
    fields = {"instances": [{"name": "web", "count": 2, "auto_release_at": "+2h"}]}

    with mock_ecs(fleet=fields) as ecs:
        web = ecs.engine.instances()

    assert [each.name for each in web] == ["web-1", "web-2"]
    assert web[0].auto_release_at == ecs.clock.now() + timedelta(hours=2)


def test_an_account_may_be_empty() -> None:
    with mock_ecs(fleet={}) as ecs:
        assert ecs.engine.instances() == ()


def test_a_fleet_may_be_made_in_python() -> None:
    with mock_ecs(fleet=Fleet((InstanceSpec("web"), InstanceSpec("db")))) as ecs:
        assert [each.name for each in ecs.engine.instances()] == ["web", "db"]


@pytest.mark.parametrize(
    ("fleet", "told"),
    [
        ([{"name": "web"}], "the file: expected fields (name: value), not a list"),
        ({"instances": [1.5]}, "instances[0]: expected fields (name: value), not a number"),
        (
            {"instances": [InstanceSpec("web")]},
            "instances[0]: expected fields (name: value), not the Python object InstanceSpec(",
        ),
    ],
)
def test_what_is_no_fleet_is_called_what_it_is(fleet: Any, told: str) -> None:  # noqa: ANN401  # wrong on purpose
    with pytest.raises(FleetFileError) as caught, mock_ecs(fleet=fleet):
        pass

    assert str(caught.value).startswith(told)


def test_what_is_wrong_in_a_fleet_is_told_by_its_place() -> None:
    with (
        pytest.raises(FleetFileError, match=r"instances\[0\]\.nam: there is no such field"),
        mock_ecs(fleet={"instances": [{"nam": "web"}]}),
    ):
        pass


def test_the_clock_begins_where_it_is_told_to() -> None:
    now = datetime(2027, 1, 4, 9, tzinfo=timezone.utc)

    with mock_ecs(now=now) as ecs:
        assert ecs.clock.now() == now


def test_quirks_may_be_chosen() -> None:
    with mock_ecs(quirks=Quirks(unknown_images_are_refused=True)) as ecs:
        state = ecs.engine._state  # noqa: SLF001  # nothing shows them otherwise

    assert state.settings.quirks.unknown_images_are_refused


def test_a_stray_request_of_a_coroutine_is_raised_at_its_end() -> None:
    @mock_ecs
    async def swallow() -> None:
        with suppress(BaseException):
            socket.create_connection(("example.com", 80))

    with pytest.raises(StrayRequestError, match=r"would have gone to example\.com"):
        asyncio.run(swallow())
