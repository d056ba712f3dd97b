"""ECS in process as a decorator and a context manager, for tests with or without pytest.

Code under test uses its SDK as usual, including endpoints and signatures; the emulator answers what
it would send to ``*.aliyuncs.com`` without a socket. `local.ecs.testing` has the same as fixtures.
"""

from __future__ import annotations

import inspect
import os
import unittest
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from functools import update_wrapper
from types import TracebackType
from typing import Any, TypeVar, final, overload
from unittest import mock

from local.ecs.account.quirks import DEFAULT_QUIRKS, Quirks
from local.ecs.clock import MANUAL_START
from local.ecs.decorating import around, around_class_methods, around_tests
from local.ecs.fake import FakeEcs, FleetSource, StrayRequestError, new_fake
from local.ecs.mount import environment, mount

C = TypeVar("C", bound=Callable[..., Any])

_OF_OBJECT = "_mock_ecs"
"""The attribute in which an object keeps its emulator during a test, including set-up."""
_OF_CLASS = "_mock_ecs_of_class"
"""The attribute in which a class keeps the emulator of all its tests."""


@overload
def mock_ecs(decorated: C, /) -> C: ...


@overload
def mock_ecs(
    fleet: FleetSource | None = None,
    *,
    now: datetime = MANUAL_START,
    quirks: Quirks = DEFAULT_QUIRKS,
) -> EcsMock: ...


def mock_ecs(
    fleet: Any = None,
    *,
    now: datetime = MANUAL_START,
    quirks: Quirks = DEFAULT_QUIRKS,
) -> Any:
    """ECS in process for the duration of a ``with`` block or a decorated function or test.

    ``@mock_ecs`` or ``@mock_ecs(…)`` above a function, a coroutine function, a generator function
    (a fixture, say) or a class of tests; or ``with mock_ecs(…) as ecs:``, which yields the
    `FakeEcs`. The environment has the emulator's key meanwhile. Each call of a decorated function,
    and each test of a decorated class, has its own emulator; but a class with a ``setup_class`` or
    ``setUpClass`` has one for all its tests, with everything created there.

    Args:
        fleet: a fleet file, YAML or JSON, its contents, or a `Fleet`; ``{}`` is an empty account;
            the default is the default fleet.
        now: the clock's initial time, in any zone.
        quirks: how to behave where ECS is unconfirmed.

    Raises:
        StrayRequestError: a request would have left the machine; raised there, and again at the end
            if the code under test has swallowed it.
        FleetFileError: the fleet cannot be read; on entering.
        ValueError: ``now`` has no zone; on entering.
        TypeError: an asynchronous generator was to be decorated.
    """
    if callable(fleet):
        return EcsMock()(fleet)
    return EcsMock(lambda: new_fake(fleet, now=now, quirks=quirks))


@final
class EcsMock:
    """What `mock_ecs` returns: a context manager and decorator."""

    def __init__(self, make: Callable[[], FakeEcs] = new_fake) -> None:
        """Prepare; nothing is mounted yet.

        Args:
            make: makes an emulator for a block, a call or a test.
        """
        self._make = make
        self._stack = ExitStack()

    def __enter__(self) -> FakeEcs:
        return self._stack.enter_context(_mounted_and_checked(self._make()))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def start(self) -> FakeEcs:
        """Enter without a ``with`` block: in ``setUp``, say, with `stop` at the end."""
        return self.__enter__()

    def stop(self) -> None:
        """Leave what `start` entered; does nothing otherwise.

        Raises:
            StrayRequestError: a request would have left the machine.
        """
        self.__exit__(None, None, None)

    def __call__(self, decorated: C) -> C:
        """Decorate a function or a class, which is changed in place and returned.

        Raises:
            TypeError: an asynchronous generator was to be decorated.
        """
        if not inspect.isclass(decorated):
            return around(decorated, self._of_call)  # type: ignore[return-value]  # of its kind
        if issubclass(decorated, unittest.TestCase):
            self._decorate_test_case(decorated)
        else:
            around_tests(decorated, self._of_object, self._of_call)
            if hasattr(decorated, "setup_class"):
                self._share(decorated, "setup_class", "teardown_class")
        return decorated

    def _of_call(self, arguments: tuple[Any, ...]) -> AbstractContextManager[FakeEcs]:
        tests = arguments[0] if arguments and inspect.isclass(arguments[0]) else None
        return _mounted_and_checked(getattr(tests, _OF_CLASS, None) or self._make())

    def _of_object(self, arguments: tuple[Any, ...]) -> AbstractContextManager[FakeEcs]:
        """The context of a method: test runners make an object for each test."""
        test = arguments[0]
        if _OF_OBJECT not in vars(test):
            vars(test)[_OF_OBJECT] = getattr(type(test), _OF_CLASS, None) or self._make()
        return _mounted_and_checked(vars(test)[_OF_OBJECT])

    def _share(self, tests: type, first: str, *others: str) -> None:
        """Have one emulator for all tests of a class.

        Args:
            tests: the class.
            first: the method that runners call before its tests.
            others: those that they call after, in order.
        """

        @contextmanager
        def begun(tests: type) -> Iterator[None]:
            setattr(tests, _OF_CLASS, self._make())
            with _of_class(tests):
                yield

        @contextmanager
        def ended(tests: type) -> Iterator[None]:
            with _of_class(tests):
                yield
            delattr(tests, _OF_CLASS)

        around_class_methods(tests, (first,), begun)
        around_class_methods(tests, others[:-1], _of_class)
        around_class_methods(tests, others[-1:], ended)

    def _decorate_test_case(self, tests: type[unittest.TestCase]) -> None:
        """Mount an emulator around a whole test: ``setUp``, the test, ``tearDown``, clean-ups."""
        run = tests.run
        if tests.setUpClass.__func__ is not unittest.TestCase.setUpClass.__func__:  # type: ignore[attr-defined]  # methods
            self._share(tests, "setUpClass", "tearDownClass", "doClassCleanups")

        def mocked(
            test: unittest.TestCase, result: unittest.TestResult | None = None
        ) -> unittest.TestResult | None:
            fake = getattr(type(test), _OF_CLASS, None) or self._make()
            test.addCleanup(fake.check)
            with _mounted(fake):
                return run(test, result)

        update_wrapper(mocked, run)
        tests.run = mocked  # type: ignore[assignment,method-assign]  # decorated


@contextmanager
def _mounted(fake: FakeEcs) -> Iterator[FakeEcs]:
    fake.strays.clear()  # those of an earlier test were already raised
    with ExitStack() as stack:
        enter = stack.enter_context
        enter(mock.patch.dict(os.environ, environment(os.environ), clear=True))
        mount(fake, lambda place, value: enter(mock.patch(place, value)))
        yield fake


@contextmanager
def _mounted_and_checked(fake: FakeEcs) -> Iterator[FakeEcs]:
    with _mounted(fake):
        yield fake
    fake.check()


@contextmanager
def _of_class(tests: type) -> Iterator[None]:
    """The emulator of a class, mounted for what runs once for all its tests.

    Raises:
        AssertionError: a request would have left the machine; unittest itself would end at any
            error that is no Exception here.
    """
    try:
        with _mounted_and_checked(getattr(tests, _OF_CLASS)):
            yield
    except StrayRequestError as error:
        raise AssertionError(str(error)) from error
