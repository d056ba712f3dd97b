"""Puts a context around functions of every kind, and around the tests of a class.

Plain functions, coroutine functions and generator functions keep their kind, so that test runners
still treat them as such; the context lasts until their body has ended.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager
from functools import wraps
from types import FunctionType
from typing import Any

Entering = Callable[[tuple[Any, ...]], AbstractContextManager[object]]
"""Makes the context of one call, given its positional arguments."""

_AROUND_TESTS = (
    "setUp",
    "tearDown",
    "asyncSetUp",
    "asyncTearDown",
)
"""The methods that unittest calls before and after each test, on the same object."""
_AROUND_TESTS_OF_PYTEST = ("setup_method", "teardown_method")
"""The same for pytest, which passes the test's function if there is a parameter for it."""
_MOCKED = "_mocked_ecs_method"
"""The attribute in which a decorated method keeps the original."""


def around(function: Callable[..., Any], context: Entering) -> Callable[..., Any]:
    """A function of the same kind whose body runs within a context.

    Raises:
        TypeError: it is an asynchronous generator, which cannot be wrapped transparently.
    """
    if inspect.isasyncgenfunction(function):
        raise TypeError(
            f"{function.__qualname__} is an asynchronous generator, which cannot be decorated: "
            "write `with mock_ecs():` in its body"
        )
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever it takes
            with context(args):
                return await function(*args, **options)

        return awaited
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def generated(*args: Any, **options: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401  # whatever it takes
            with context(args):
                return (yield from function(*args, **options))

        return generated

    @wraps(function)
    def called(*args: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever it takes
        with context(args):
            return function(*args, **options)

    return called


def around_tests(tests: type, of_object: Entering, of_call: Entering) -> None:
    """Put a context around each test of a class, inherited ones included.

    Args:
        tests: the class to change: its methods ``test*``, the methods called before and after each,
            and nested classes ``Test*``.
        of_object: the context of a method, whose first argument is the object.
        of_call: the context of a static method or a method of the class.
    """
    for name in dir(tests):
        found = inspect.getattr_static(tests, name)
        if inspect.isclass(found) and name.startswith("Test") and name in vars(tests):
            around_tests(found, of_object, of_call)
        if name in _AROUND_TESTS_OF_PYTEST and inspect.isfunction(found):
            setattr(tests, name, _as_pytest_calls_it(found, of_object))
        if not (name.startswith("test") or name in _AROUND_TESTS):
            continue
        if isinstance(found, staticmethod | classmethod):
            setattr(tests, name, type(found)(around(found.__func__, of_call)))
        elif inspect.isfunction(found):
            setattr(tests, name, around(found, of_object))


def around_class_methods(
    tests: type, names: Iterable[str], context: Callable[[type], AbstractContextManager[object]]
) -> None:
    """Put a context around what test runners call once per class, such as ``setUpClass``.

    One that was already decorated, in a base class, gets only the new context.

    Args:
        tests: the class to change.
        names: its methods; a missing one is added and only enters the context.
        context: makes the context of a call, given the class whose tests are run.
    """
    for name in names:
        found = inspect.getattr_static(tests, name, None)
        found = getattr(getattr(found, "__func__", None), _MOCKED, found)
        setattr(tests, name, classmethod(_once_for_a_class(found, context)))


def _once_for_a_class(
    found: Any,  # noqa: ANN401  # a function, a static method, a method of the class
    context: Callable[[type], AbstractContextManager[object]],
) -> Callable[[type], None]:
    def called(tests: type) -> None:
        with context(tests):
            if inspect.isfunction(found) and found.__code__.co_argcount:
                found(tests)
            elif found is not None:
                found.__get__(None, tests)()

    setattr(called, _MOCKED, found)
    return called


def _as_pytest_calls_it(function: FunctionType, context: Entering) -> Callable[..., Any]:
    """The same within a context, with the same number of parameters, which pytest inspects."""
    within = around(function, context)
    if function.__code__.co_argcount > 1:

        @wraps(function)
        def with_method(self: object, method: object) -> None:
            within(self, method)

        return with_method

    @wraps(function)
    def without_method(self: object) -> None:
        within(self)

    return without_method
