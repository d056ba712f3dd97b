"""The ways to change a fleet that are measured, each at its best setting, each in its own process.

Run as ``python -m benchmarks.contenders NAME JOB URL`` with the ids on standard input; prints one
line of JSON. All are given the ids, and fire their calls at them; Curfew looks, guards, acts and
verifies besides, and once more with the ids left out, selecting by a tag. A call that fails is
counted, and the next one made. A contender whose library is not installed is left out.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

REGION = "cn-hangzhou"
KEY = "local"
BATCH = 100
V1 = "aliyunsdkecs.request.v20140526"

Work = Callable[[str, Sequence[str]], int]
"""Does the job at this URL for these ids; gives how many calls failed."""


def _in(hours: int) -> str:
    return f"{datetime.now(timezone.utc) + timedelta(hours=hours):%Y-%m-%dT%H:%M:00Z}"


def _failed(call: Callable[[], object]) -> int:
    """Make one call; whatever it raises counts as one failure."""
    try:
        call()
    except Exception:  # noqa: BLE001  # each library has its own
        return 1
    return 0


def curfew(job: str) -> Work:
    """This project: one event with the ids, from the handler's start to its report."""
    return _curfew(job, lambda ids: {"instance_ids": list(ids)})


def curfew_by_tag(job: str) -> Work:
    """This project: one event that selects by a tag, so that it has to list first."""
    return _curfew(job, lambda _: {"tags": {"team": "dev"}})


def _curfew(job: str, selection: Callable[[Sequence[str]], dict[str, object]]) -> Work:
    module = import_module(
        "functions.release" if job == "release" else "functions.set_auto_release"
    )
    request: dict[str, object] = {"max_instances": 1_000_000}
    if job == "release":
        request |= {"dry_run": False, "force": True, "snapshot": False}
    else:
        request["release_at"] = _in(9)
    context = SimpleNamespace(
        request_id="bench",
        region=REGION,
        account_id="1",
        function=SimpleNamespace(timeout="3600"),
    )

    def work(url: str, ids: Sequence[str]) -> int:
        os.environ.update(
            ECS_ENDPOINT=url,
            CURFEW_MAX_INSTANCES="9999999",
            ALIBABA_CLOUD_ACCESS_KEY_ID=KEY,
            ALIBABA_CLOUD_ACCESS_KEY_SECRET=KEY,
        )
        event = json.dumps(selection(ids) | request).encode()
        return _failed(lambda: module.handler(event, context))

    return work


def tutorial(job: str) -> Work:
    """The tutorial's way: aliyun-python-sdk, one call an instance, one after another."""
    client_class = import_module("aliyunsdkcore.client").AcsClient
    names = ("StopInstance", "DeleteInstance") if job == "release" else _AUTO_RELEASE
    classes = [getattr(import_module(f"{V1}.{name}Request"), f"{name}Request") for name in names]

    def work(url: str, ids: Sequence[str]) -> int:
        client = client_class(KEY, KEY, REGION, proxy={"http": None, "https": None})
        failures = 0
        for one in ids:
            for request_class in classes:
                request = request_class()
                request.set_endpoint(urlsplit(url).netloc)
                request.set_accept_format("json")
                request.set_InstanceId(one)
                if job == "auto_release":
                    request.set_AutoReleaseTime(_in(9))
                else:
                    request.add_query_param("ForceStop", "true")
                    request.add_query_param("Force", "true")
                failures += _failed(partial(client.do_action_with_exception, request))
        return failures

    return work


def libcloud(job: str) -> Work:
    """apache-libcloud's driver: destroy_node, which stops, polls and deletes one by one."""
    if job != "release":
        raise ModuleNotFoundError("libcloud has no call for release times")
    types = import_module("libcloud.compute.types")
    driver_of = import_module("libcloud.compute.providers").get_driver

    def work(url: str, ids: Sequence[str]) -> int:
        host = urlsplit(url)
        driver = driver_of(types.Provider.ALIYUN_ECS)(
            KEY, KEY, region=REGION, secure=False, host=host.hostname, port=host.port
        )
        try:
            nodes = driver.list_nodes()
        except Exception:  # noqa: BLE001  # its own errors are of several kinds
            return len(ids)
        return sum(_failed(partial(driver.destroy_node, node)) for node in nodes)

    return work


def v2_batch(job: str) -> Work:
    """The newest official SDK's batch calls, one after another, at known ids."""
    models, client_of = _v2()

    def work(url: str, ids: Sequence[str]) -> int:
        client = client_of(url)
        if job == "auto_release":
            return sum(_failed(partial(_v2_release_time, models, client, one)) for one in ids)
        failures = 0
        for start in range(0, len(ids), BATCH):
            part = list(ids[start : start + BATCH])
            stop = models.StopInstancesRequest(region_id=REGION, instance_id=part, force_stop=True)
            delete = models.DeleteInstancesRequest(region_id=REGION, instance_id=part, force=True)
            failures += _failed(partial(client.stop_instances, stop))
            failures += _failed(partial(client.delete_instances, delete))
        return failures

    return work


def _v2_release_time(models: Any, client: Any, one: str) -> None:  # noqa: ANN401  # the SDK's own
    client.modify_instance_auto_release_time(
        models.ModifyInstanceAutoReleaseTimeRequest(
            region_id=REGION, instance_id=one, auto_release_time=_in(9)
        )
    )


def v2_threads(job: str) -> Work:
    """The newest official SDK, one call an instance, sixteen threads."""
    models, client_of = _v2()

    def work(url: str, ids: Sequence[str]) -> int:
        client = client_of(url)

        def change(one: str) -> int:
            if job == "auto_release":
                return _failed(partial(_v2_release_time, models, client, one))
            stop = models.StopInstanceRequest(instance_id=one, force_stop=True)
            delete = models.DeleteInstanceRequest(instance_id=one, force=True)
            return _failed(partial(client.stop_instance, stop)) + _failed(
                partial(client.delete_instance, delete)
            )

        with ThreadPoolExecutor(16) as pool:
            return sum(pool.map(change, ids))

    return work


_AUTO_RELEASE = ("ModifyInstanceAutoReleaseTime",)

CONTENDERS: Mapping[str, Callable[[str], Work]] = {
    "curfew": curfew,
    "curfew, by tag": curfew_by_tag,
    "v2 SDK, batches": v2_batch,
    "v2 SDK, 16 threads": v2_threads,
    "tutorial": tutorial,
    "libcloud": libcloud,
}


def _v2() -> tuple[Any, Callable[[str], Any]]:
    client_class = import_module("alibabacloud_ecs20140526.client").Client
    models = import_module("alibabacloud_ecs20140526.models")
    config_class = import_module("alibabacloud_tea_openapi.models").Config

    def client_of(url: str) -> Any:  # noqa: ANN401  # the SDK's own
        return client_class(
            config_class(
                access_key_id=KEY,
                access_key_secret=KEY,
                endpoint=urlsplit(url).netloc,
                protocol="http",
                region_id=REGION,
            )
        )

    return models, client_of


def peak_mib() -> float:
    """The most memory that this process has had; ``ru_maxrss`` would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(name: str, job: str, url: str, ids: Sequence[str]) -> None:
    """Import, then work; the two are timed apart."""
    start = time.perf_counter()
    try:
        work = CONTENDERS[name](job)
    except ModuleNotFoundError as error:
        print(json.dumps({"missing": str(error)}))
        return
    imported = time.perf_counter()
    failures = work(url, ids)
    work_s = time.perf_counter() - imported
    figures = {"work_s": work_s, "import_s": imported - start, "rss_mib": peak_mib()}
    print(json.dumps({**figures, "failures": failures}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], json.load(sys.stdin))
