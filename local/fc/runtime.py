"""Function Compute's runtime, simulated: load a handler, call it, respond as FC would.

The rules are those of FC's own Python 3.9 runtime, whose source is public; 3.10 is assumed to be
the same, and 3.12 to differ only where its documentation says so. No process is started and nothing
is frozen between calls. One call at a time, as in an FC instance: the root logger belongs to the
call that runs. A timeout ends the call, but a Python thread cannot be killed: the handler continues
in the background until it returns or this process ends.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import queue
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any, TextIO

from local.fc.context import CODE, Context, Runtime

Handler = Callable[[bytes, Any], object]
"""A function's entry point: the event's bytes and the context in, anything out."""

_UNHANDLED = "UnhandledInvocationError"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function's caller receives.

    Attributes:
        ok: False: the function failed; FC still returns 200, with X-Fc-Error-Type.
        body: The response's bytes; for a failure ``errorMessage``, ``errorType``, ``stackTrace``.
        error_type: The ``errorType``; if FC gives none (timeout, exit), the header's
            UnhandledInvocationError; "" for a success.
    """

    ok: bool
    body: bytes
    error_type: str = ""


class LoadError(Exception):
    """A handler cannot be loaded; every invocation of the function would fail this way.

    Attributes:
        error_type: ImportModuleError, UserCodeSyntaxError, InvalidHandleName, UserCodeError or
            HandlerNotFound.
        cause: What Python raised.
    """

    def __init__(self, error_type: str, message: str, cause: Exception) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.cause = cause

    def outcome(self) -> Outcome:
        """FC's response: here ``stackTrace`` is the reason, as a flat list of its parts."""
        return _failed(self.error_type, str(self), _reason(self.cause))


def load(handler_name: str, *, runtime: Runtime = "3.10", code: Path = CODE) -> Handler:
    """Find a handler by the name that a function is deployed with.

    Args:
        handler_name: ``functions.stop.handler`` or ``functions/stop.handler``. In 3.10 the dotted
            form needs an ``__init__.py`` in every directory, and the form with slashes loads the
            file as a module of that very name, in which relative imports fail; 3.12 takes both
            for the same.
        runtime: Whose rule applies.
        code: What would be ``/code``; put on ``sys.path`` as FC does, and left there.

    Raises:
        LoadError: there is no such module or handler, or its import fails.
    """
    if str(code) not in sys.path:
        sys.path.insert(0, str(code))
    try:
        module_name, name = handler_name.rsplit(".", 1)
    except ValueError as error:
        raise _load_error(handler_name, error) from None
    try:
        module = _module(module_name, runtime, code)
    except Exception as error:
        raise _load_error(module_name, error) from error
    try:
        handler: Handler = getattr(module, name)
    except AttributeError as error:
        raise LoadError(
            "HandlerNotFound", f"Handler '{name}' is missing on module '{module_name}'", error
        ) from None
    return handler


def invoke(
    handler: Handler,
    event: bytes,
    context: Context,
    log: TextIO | None = None,
    *,
    cut_off_s: float | None = None,
) -> Outcome:
    """Call a handler and respond as FC does.

    Text and bytes are returned as they are, anything else as FC's JSON. An Exception becomes FC's
    error body; SystemExit and the like count as the process's exit. After
    ``context.function.timeout``, the response is FC's timeout error, whatever the handler is doing.

    Args:
        handler: What ``load`` returned.
        event: As the trigger sends it.
        context: Made by ``context``.
        log: Where log lines go, in FC's format with the request id; default standard error.
        cut_off_s: Real seconds after which it is cut off; None: the context's timeout. For a
            handler whose clock is not the machine's.
    """
    stream = log or sys.stderr
    with _function_log(context.request_id, stream):
        stream.write(f"FC Invoke Start RequestId: {context.request_id}\n")
        outcome = _within_timeout(handler, event, context, cut_off_s)
        if not outcome.ok:
            logging.getLogger().error(outcome.body.decode())
        suffix = "" if outcome.ok else ", Error: Unhandled function error"
        stream.write(f"FC Invoke End RequestId: {context.request_id}{suffix}\n")
    return outcome


def _module(name: str, runtime: Runtime, code: Path) -> ModuleType:
    if runtime == "3.12":
        return importlib.import_module(name.replace("/", "."))
    if "/" in name:
        return _module_of_file(name, code / f"{name}.py")
    folder = code
    for part in name.split("."):
        package = folder / part / "__init__.py"
        if not (package.is_file() or (folder / f"{part}.py").is_file()):
            raise _no_module(part)
        folder /= part
    return importlib.import_module(name)


def _module_of_file(name: str, path: Path) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise _no_module(path.stem)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _no_module(name: str) -> ImportError:
    """What the runtime's way to find modules raises; it names only the part that is missing."""
    return ImportError(f"No module named {name!r}", name=name)


def _load_error(module_name: str, error: Exception) -> LoadError:
    kind, message = "UserCodeError", f"Module initialization error: '{error}'"
    if isinstance(error, ImportError):
        kind, message = "ImportModuleError", f"Unable to import module '{module_name}'"
    elif isinstance(error, SyntaxError):
        kind, message = "UserCodeSyntaxError", f"Syntax error in module '{module_name}'"
    elif isinstance(error, ValueError):
        kind, message = "InvalidHandleName", f"Invalid handler '{module_name}'"
    return LoadError(kind, message, error)


def _reason(error: Exception) -> list[str]:
    """What Python prints of an error below the stack, taken apart as the 3.9 runtime does it.

    Its first entry, of a syntax error the file and the line, is split at its commas, whatever it
    is; carets and empty lines go.
    """
    first, *rest = (
        [line.replace("^", "").strip() for line in entry.split("\n")]
        for entry in traceback.format_exception_only(error)
    )
    parts = [part.strip() for line in first for part in line.split(",")]
    return [part for part in (*parts, *(line for lines in rest for line in lines)) if part]


def _within_timeout(
    handler: Handler, event: bytes, context: Context, cut_off_s: float | None
) -> Outcome:
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    thread = Thread(
        target=lambda: outcomes.put(_answer(handler, event, context)),
        name=f"fc-{context.request_id}",
        daemon=True,  # a handler that hangs must not keep this process from ending
    )
    thread.start()
    try:
        return outcomes.get(timeout=cut_off_s or float(context.function.timeout))
    except queue.Empty:
        _log_stack(thread)
        return _failed("", f"Function time out after {context.function.timeout} seconds")


def _answer(handler: Handler, event: bytes, context: Context) -> Outcome:
    try:
        return Outcome(ok=True, body=_encoded(handler(event, context)))
    except Exception as error:  # noqa: BLE001  # whatever a handler raises is the answer
        # The first frame is this function's: FC leaves its own out, too.
        frames = traceback.extract_tb(error.__traceback__)[1:]
        stack = [
            [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line]
            for frame in frames
        ]
        return _failed(type(error).__name__, str(error), stack)
    except BaseException:  # noqa: BLE001  # FC's runtime lets these end its process
        return _failed("", "Process exited unexpectedly before completing request")


def _encoded(result: object) -> bytes:
    if isinstance(result, bytes):
        return result
    return (result if isinstance(result, str) else _to_json(result)).encode()


def _failed(error_type: str, message: str, stack: Sequence[str | list[str | None]] = ()) -> Outcome:
    body: dict[str, object] = {"errorMessage": message}
    if error_type:
        body["errorType"] = error_type
    if stack:
        body["stackTrace"] = stack
    return Outcome(ok=False, body=_to_json(body).encode(), error_type=error_type or _UNHANDLED)


def _to_json(value: object) -> str:
    return json.dumps(value, default=_plain, indent=4, sort_keys=True)


def _plain(value: Any) -> object:  # noqa: ANN401  # whatever a handler returned
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "to_json"):
        return value.to_json()
    raise TypeError(f"{value!r} is not JSON serializable")


@contextmanager
def _function_log(request_id: str, stream: TextIO) -> Iterator[None]:
    """Meanwhile the root logger's records of INFO and above go to the stream in FC's format."""
    formatter = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(fc_request_id)s [%(levelname)s] %(message)s",
        "%Y-%m-%dT%H:%M:%S",
        defaults={"fc_request_id": request_id},
    )
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def _log_stack(thread: Thread) -> None:
    logging.getLogger().error("Dumping stack trace after function timeout")
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001  # the only way to look
    if frame is not None:
        logging.getLogger().error("".join(traceback.format_stack(frame)))
