"""A real browser, without a driver: headless Chromium, spoken to by its DevTools protocol."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
"""The program, or None where there is no browser."""

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--remote-debugging-port=0",
)
_UNTIL = """
new Promise((resolve, reject) => {
  const end = performance.now() + 20000;
  const timer = setInterval(() => {
    let holds = false;
    try { holds = %s; } catch (error) { holds = false; }
    if (holds) { clearInterval(timer); resolve(true); }
    else if (performance.now() > end) {
      clearInterval(timer);
      reject(new Error("it never came true"));
    }
  }, 20);
})
"""

ILLEGIBLE = """
(() => {
  const light = (rgb) => rgb.map((c) => c / 255)
    .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const parse = (text) => text.match(/[0-9.]+/g).map(Number);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(each).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const each of document.querySelectorAll("body *")) {
    const text = [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!text || !each.checkVisibility() || each.closest("tr.gone, script")) continue;
    const [a, b] = [light(parse(getComputedStyle(each).color).slice(0, 3)), light(behind(each))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) bad.push(each.textContent.trim().slice(0, 30) + " " + ratio.toFixed(2));
  }
  return bad;
})()
"""
"""Texts whose contrast with what is behind them is under 4.5 (WCAG 2.1, AA), but what is gone."""


class Page:
    """One tab."""

    def __init__(self, socket: ClientWebSocketResponse[bool]) -> None:
        self._socket = socket
        self._calls = 0
        self.complaints: list[str] = []

    async def call(self, method: str, **parameters: object) -> Any:  # noqa: ANN401  # JSON
        """One call of the protocol; what the page complains of meanwhile is kept."""
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        while True:
            message = json.loads((await self._socket.receive(timeout=300)).data)
            if message.get("id") == self._calls:
                assert "error" not in message, message
                return message["result"]
            if message["method"] in {"Runtime.exceptionThrown", "Log.entryAdded"}:
                self.complaints.append(json.dumps(message["params"]))

    async def open(self, url: str, width: int, *, dark: bool) -> None:
        for domain in ("Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        await self.call("Page.navigate", url=url)

    async def evaluate(self, script: str) -> Any:  # noqa: ANN401  # JSON
        """What an expression, or the promise that it is, gives."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, f"{script}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        await self.evaluate(_UNTIL % condition)


@asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """A page of a browser that is there for this alone."""
    assert CHROMIUM
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            CHROMIUM,
            *_FLAGS,
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            address = await _debugging_address(process)
            async with ClientSession() as session:
                async with session.get(f"http://{address}/json/list") as answer:
                    pages = [each for each in await answer.json() if each["type"] == "page"]
                url = pages[0]["webSocketDebuggerUrl"]
                async with session.ws_connect(url, max_msg_size=0) as socket:
                    yield Page(socket)
        finally:
            process.kill()
            await process.communicate()


async def _debugging_address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr
    while line := await asyncio.wait_for(process.stderr.readline(), timeout=300):
        if found := re.search(rb"DevTools listening on ws://([^/]+)/", line):
            return found[1].decode()
    raise AssertionError("the browser ended at once")
