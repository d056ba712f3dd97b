"""No object shows the secret that it holds, and no local tool tells one."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from local.ecs.http.signatures import Credential
from local.ecs.ram.caller import Caller
from local.fc.context import Runtime, context
from shared.run import REAL_WORLD, World
from shared.settings.settings import Settings, read_settings
from tests.safety.marked import (
    CREDENTIALS,
    KEY,
    PASSWORD,
    RUNTIMES,
    SECRET,
    STANDING,
    STOP,
    TOKEN,
    Account,
    Spy,
    ours,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _standing() -> Iterator[None]:
    """Do not look anew for the objects of thousands of other tests."""
    STANDING.extend(ours())
    gc.freeze()
    yield
    gc.unfreeze()
    STANDING.clear()


HOLDERS: Mapping[str, Callable[[], object]] = {
    "credentials": lambda: CREDENTIALS,
    "settings": lambda: read_settings({"HTTPS_PROXY": f"http://curfew:{PASSWORD}@proxy:3128"}),
    "transport": lambda: REAL_WORLD.connect(Settings(), CREDENTIALS),
    "world": lambda: World(environ={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}),
    "real-world": lambda: REAL_WORLD,
    "context": lambda: context(
        request_id="1",
        function_name="stop",
        region="cn-hangzhou",
        account_id="1",
        credentials=CREDENTIALS,
    ),
    "emulators-credential": lambda: Credential(KEY, SECRET, Caller(), security_token=TOKEN),
}


@pytest.mark.promise("S46")
@pytest.mark.parametrize("name", HOLDERS)
def test_no_object_shows_the_secret_that_it_holds(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)

    holder = HOLDERS[name]()

    shown = repr(holder) + str(holder)
    assert not any(secret in shown for secret in (SECRET, TOKEN, PASSWORD))


def test_the_search_finds_what_it_looks_for(
    account: Account,
) -> None:
    account.run(STOP)
    signature = max(account.secrets - {KEY, SECRET, TOKEN, PASSWORD})

    for leak in (KEY, SECRET, quote(TOKEN, safe=""), signature):
        account.said["answer"] = json.dumps({"message": f"before {leak} after"})
        with pytest.raises(AssertionError):
            account.search()


@pytest.mark.slow
@pytest.mark.promise("S46")
@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--verbose"], id="emulated"),
        pytest.param(
            ["--endpoint", "http://127.0.0.1:1", "--timeout", "2", "--json"], id="nobody-there"
        ),
    ],
)
def test_the_local_tools_tell_no_secret(spy: Spy, arguments: list[str], runtime: Runtime) -> None:
    keys = {"ACCESS_KEY_ID": KEY, "ACCESS_KEY_SECRET": SECRET, "SECURITY_TOKEN": TOKEN}
    environ = {f"ALIBABA_CLOUD_{name}": value for name, value in keys.items()}

    done = subprocess.run(  # noqa: S603  # this very Python and this project
        [sys.executable, "-m", "local", "invoke", "stop", "-", "--runtime", runtime, *arguments],
        input='{"name": "dev-web-1"}',
        env={**os.environ, **environ},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert done.returncode == ("--endpoint" in arguments), done.stderr
    spy.said |= {"tool": done.stdout, "tool's errors": done.stderr}
    spy.search()
