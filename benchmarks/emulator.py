"""The emulator itself: requests a second, the time of a page, how much a large fleet takes.

``python -m benchmarks.emulator``. In process means signed HTTP requests through
``Emulator.handle``, as the fixture sends them; over HTTP means real sockets, the server and the
clients in a process each. What signing costs the client is not counted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import multiprocessing
import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from http.client import HTTPConnection
from threading import Thread
from urllib.parse import quote, urlsplit
from uuid import uuid4

from rich.table import Table

from benchmarks.contenders import KEY, REGION, peak_mib
from benchmarks.fleet import emulator as served
from benchmarks.sheet import sheet
from local.ecs.clock import RealClock
from local.ecs.emulator import Emulator, Options
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet, InstanceSpec
from local.ecs.http.messages import HttpRequest

CALLS = 5_000
CONNECTIONS = 8
DEV = {"Tag.1.Key": "team", "Tag.1.Value": "dev"}


def signed(action: str, parameters: Mapping[str, str]) -> str:
    """The target of a request as aliyun-python-sdk would send it."""
    everything = {
        "AccessKeyId": KEY,
        "Action": action,
        "Format": "JSON",
        "RegionId": REGION,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": uuid4().hex,
        "SignatureVersion": "1.0",
        "Timestamp": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        "Version": "2014-05-26",
        **parameters,
    }
    query = "&".join(f"{_quoted(k)}={_quoted(v)}" for k, v in sorted(everything.items()))
    to_sign = f"POST&%2F&{_quoted(query)}".encode()
    digest = hmac.new(f"{KEY}&".encode(), to_sign, hashlib.sha1).digest()
    return f"/?{query}&Signature={_quoted(base64.b64encode(digest).decode())}"


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def fleet_of(size: int) -> Emulator:
    """An emulator with so many running instances."""
    specs = tuple(InstanceSpec(name=f"dev-{n}", tags={"team": "dev"}) for n in range(size))
    return Emulator(Options(build=lambda: Ecs(Fleet(specs), RealClock()), log_size=10_000))


def ask(emulator: Emulator, action: str, **parameters: str) -> tuple[float, Mapping[str, object]]:
    """Seconds that one answer takes, and the answer."""
    request = HttpRequest("POST", signed(action, parameters), {"host": "127.0.0.1"})
    start = time.perf_counter()
    reply = emulator.handle(request)
    taken = time.perf_counter() - start
    assert reply.status == 200, reply.body  # noqa: PLR2004, S101  # a benchmark of errors is none
    return taken, json.loads(reply.body)


def calls_in_process() -> float:
    """Calls a second of the kind that a script makes most: one instance at a time."""
    emulator = fleet_of(100)
    ids = [one.instance_id for one in emulator.engine.instances()]
    requests = [
        HttpRequest(
            "POST",
            signed("DescribeInstances", {"InstanceIds": json.dumps([ids[n % len(ids)]])}),
            {"host": "127.0.0.1"},
        )
        for n in range(CALLS)
    ]
    start = time.perf_counter()
    for request in requests:
        emulator.handle(request)
    return CALLS / (time.perf_counter() - start)


def calls_over_http() -> float:
    """The same over sockets, the clients in a process of their own."""
    with served(100, 0) as url:
        receiving, sending = multiprocessing.Pipe(duplex=False)
        client = multiprocessing.Process(target=_send_all, args=(url, sending))
        client.start()
        seconds: float = receiving.recv()
        client.join()
    return CALLS / seconds


def _send_all(url: str, result: object) -> None:
    targets = [signed("DescribeInstances", {"MaxResults": "10"}) for _ in range(CALLS)]

    def send(part: Sequence[str]) -> None:
        connection = HTTPConnection(urlsplit(url).netloc)
        for target in part:
            connection.request("POST", target, headers={"Content-Length": "0"})
            connection.getresponse().read()

    threads = [Thread(target=send, args=(targets[n::CONNECTIONS],)) for n in range(CONNECTIONS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.send(time.perf_counter() - start)  # type: ignore[attr-defined]  # a pipe's end


def pages_ms(emulator: Emulator, **filters: str) -> list[float]:
    """Milliseconds of each page of a walk through the fleet, 100 instances a page."""
    taken, token = [], ""
    while True:
        more = {"NextToken": token} if token else {}
        seconds, body = ask(emulator, "DescribeInstances", MaxResults="100", **filters, **more)
        taken.append(1000 * seconds)
        token = str(body["NextToken"])
        if not token:
            return taken


def main() -> None:
    """Measure and show."""
    table = Table("", "measured", "aim")
    table.add_row("calls a second, in process", f"{calls_in_process():,.0f}", "≥ 2,000")
    table.add_row("calls a second, over HTTP", f"{calls_over_http():,.0f}", "≥ 800")
    for title, filters in (("", {}), (" by tag", DEV)):
        emulator = fleet_of(10_000)
        for walk in ("first walk", "second walk"):
            pages = pages_ms(emulator, **filters)
            figure = f"{statistics.median(pages):.1f}, slowest {max(pages):.1f}"
            table.add_row(f"ms a page of 10,000{title}, {walk}", figure, "< 5")
    start = time.perf_counter()
    emulator = fleet_of(100_000)
    table.add_row("s to build 100,000 instances", f"{time.perf_counter() - start:.1f}", "")
    pages = pages_ms(emulator)
    figure = f"{statistics.median(pages):.1f}, slowest {max(pages):.1f}"
    table.add_row(f"ms a page of them, {len(pages):,} pages", figure, "")
    table.add_row("MiB that they take", f"{peak_mib():,.0f}", "")
    with sheet("emulator") as console:
        console.print(table)


if __name__ == "__main__":
    main()
