"""Function Compute played locally: finding a handler by its name, and why it cannot be."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.fc.context import CODE, Runtime
from local.fc.runtime import LoadError, load
from tests.harness.invocation import RUNTIMES


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty ``/code``, whose modules are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(code: Path, path: str, text: str) -> None:
    file = code / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    "name", ["index_c.handler", "actions_c.stop.handler", "actions_c/stop.handler"]
)
def test_a_handler_is_found_by_either_form_of_its_name(
    code: Path, name: str, runtime: Runtime
) -> None:
    handler = "from beside_c import word\ndef handler(event, context): return word"
    for path in ("index_c.py", "actions_c/stop.py"):
        write(code, path, handler)
    write(code, "actions_c/__init__.py", "")
    write(code, "beside_c.py", "word = 'found'")

    found = load(name, runtime=runtime, code=code)

    assert found(b"", None) == "found"
    assert load(name, runtime=runtime, code=code) is found


def test_in_310_a_name_with_slashes_is_the_modules_name(code: Path) -> None:
    write(code, "actions_d/__init__.py", "")
    write(code, "actions_d/stop.py", "def handler(event, context): return __name__")

    names = [
        load("actions_d/stop.handler", runtime=runtime, code=code)(b"", None)
        for runtime in RUNTIMES
    ]

    assert names == ["actions_d/stop", "actions_d.stop"]


@pytest.mark.parametrize(
    ("name", "runtime", "error_type", "message"),
    [
        pytest.param("handler", "3.10", "InvalidHandleName", "Invalid handler 'handler'", id="1"),
        pytest.param(
            ".handler", "3.10", "ImportModuleError", "Unable to import module ''", id="no-module"
        ),
        pytest.param(
            "absent.handler", "3.10", "ImportModuleError", "Unable to import module 'absent'"
        ),
        pytest.param(
            "absent/stop.handler",
            "3.10",
            "ImportModuleError",
            "Unable to import module 'absent/stop'",
        ),
        pytest.param(
            "absent/stop.handler",
            "3.12",
            "ImportModuleError",
            "Unable to import module 'absent/stop'",
        ),
        pytest.param(
            "bare_e.stop.handler",
            "3.10",
            "ImportModuleError",
            "Unable to import module 'bare_e.stop'",
            id="directory-without-init",
        ),
        pytest.param(
            "bare_e/relative.handler",
            "3.10",
            "ImportModuleError",
            "Unable to import module 'bare_e/relative'",
            id="relative-import",
        ),
        pytest.param(
            "bare_e/stop.main",
            "3.10",
            "HandlerNotFound",
            "Handler 'main' is missing on module 'bare_e/stop'",
            id="no-such-handler",
        ),
        pytest.param(
            "typo_e.handler", "3.10", "UserCodeSyntaxError", "Syntax error in module 'typo_e'"
        ),
        pytest.param(
            "raises_e.handler", "3.10", "UserCodeError", "Module initialization error: ''REGION''"
        ),
    ],
)
def test_a_handler_that_cannot_be_loaded_fails_as_in_fc(
    code: Path, name: str, runtime: Runtime, error_type: str, message: str
) -> None:
    write(code, "bare_e/stop.py", "def handler(event, context): return ''")
    write(code, "bare_e/relative.py", "from . import stop\ndef handler(event, context): return ''")
    write(code, "typo_e.py", "def handler(event, context) return ''")
    write(code, "raises_e.py", "import os\nregion = {}['REGION']")

    with pytest.raises(LoadError) as caught:
        load(name, runtime=runtime, code=code)

    outcome = caught.value.outcome()
    body = json.loads(outcome.body)
    assert (outcome.ok, outcome.error_type) == (False, error_type)
    assert body.pop("stackTrace")
    assert body == {"errorMessage": message, "errorType": error_type}


@pytest.mark.parametrize(
    ("name", "runtime", "reason"),
    [
        pytest.param(
            "handler",
            "3.10",
            ["ValueError: not enough values to unpack (expected 2", "got 1)"],
            id="no-module",
        ),
        pytest.param("absent.handler", "3.10", ["ImportError: No module named 'absent'"]),
        pytest.param("bare_g.absent.handler", "3.10", ["ImportError: No module named 'bare_g'"]),
        pytest.param("pack_g.absent.handler", "3.10", ["ImportError: No module named 'absent'"]),
        pytest.param("pack_g/absent.handler", "3.10", ["ImportError: No module named 'absent'"]),
        pytest.param("absent.handler", "3.12", ["ModuleNotFoundError: No module named 'absent'"]),
        pytest.param(
            "needs_g.handler", "3.10", ["ModuleNotFoundError: No module named 'not_installed'"]
        ),
        pytest.param(
            "pack_g/relative.handler",
            "3.10",
            ["ImportError: attempted relative import with no known parent package"],
        ),
        pytest.param(
            "pack_g/stop.main",
            "3.10",
            ["AttributeError: module 'pack_g/stop' has no attribute 'main'"],
        ),
        pytest.param("raises_g.handler", "3.10", ["KeyError: 'REGION'"]),
    ],
)
def test_why_a_handler_cannot_be_loaded_is_its_flat_stack_trace(
    code: Path, name: str, runtime: Runtime, reason: list[str]
) -> None:
    write(code, "bare_g/absent_too.py", "")
    write(code, "pack_g/__init__.py", "")
    write(code, "pack_g/stop.py", "def handler(event, context): return ''")
    write(code, "pack_g/relative.py", "from . import stop")
    write(code, "needs_g.py", "import not_installed")
    write(code, "raises_g.py", "region = {}['REGION']")

    with pytest.raises(LoadError) as caught:
        load(name, runtime=runtime, code=code)

    assert json.loads(caught.value.outcome().body)["stackTrace"] == reason


def test_a_syntax_error_is_told_with_its_file_line_and_text(code: Path) -> None:
    write(code, "typo_g.py", "x = 1\ndef handler(event, context) return ''\n")

    with pytest.raises(LoadError) as caught:
        load("typo_g.handler", code=code)

    place, line, text, error = json.loads(caught.value.outcome().body)["stackTrace"]
    assert (place, line) == (f'File "{code / "typo_g.py"}"', "line 2")
    assert text == "def handler(event, context) return ''"
    assert error.startswith("SyntaxError: ")


def test_a_module_that_failed_is_tried_again(code: Path) -> None:
    write(code, "actions_f/stop.py", "raise RuntimeError")
    with pytest.raises(LoadError):
        load("actions_f/stop.handler", code=code)
    write(code, "actions_f/stop.py", "def handler(event, context): return 'mended'")

    assert load("actions_f/stop.handler", code=code)(b"", None) == "mended"


def test_the_code_is_this_repository() -> None:
    assert (CODE / "functions" / "__init__.py").is_file()
