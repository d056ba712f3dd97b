"""The ways to change a fleet that are measured, each at its best setting, each in its own process.

Run as ``python -m benchmarks.contenders NAME JOB URL N``; prints one line of JSON. All know the
ids beforehand except Curfew, which looks, checks, acts and verifies. None but Curfew checks
anything. A contender whose library is not installed says so and is left out of the table.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

REGION = "cn-hangzhou"
KEY = "local"
BATCH = 100
V1 = "aliyunsdkecs.request.v20140526"

Work = Callable[[str, Sequence[str]], None]


def _in(hours: int) -> str:
    return f"{datetime.now(timezone.utc) + timedelta(hours=hours):%Y-%m-%dT%H:%M:00Z}"


def curfew(job: str) -> Work:
    """This project: one event, from the handler's start to its report."""
    module = import_module(
        "functions.release" if job == "release" else "functions.set_auto_release"
    )
    request: dict[str, object] = {"tags": {"team": "dev"}, "max_instances": 1_000_000}
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

    def work(url: str, _: Sequence[str]) -> None:
        os.environ.update(
            ECS_ENDPOINT=url,
            ALIBABA_CLOUD_ACCESS_KEY_ID=KEY,
            ALIBABA_CLOUD_ACCESS_KEY_SECRET=KEY,
        )
        module.handler(json.dumps(request).encode(), context)

    return work


def tutorial(job: str) -> Work:
    """The tutorial's way: aliyun-python-sdk, one call an instance, one after another."""
    client_class = import_module("aliyunsdkcore.client").AcsClient
    names = ("StopInstance", "DeleteInstance") if job == "release" else _AUTO_RELEASE
    classes = [getattr(import_module(f"{V1}.{name}Request"), f"{name}Request") for name in names]

    def work(url: str, ids: Sequence[str]) -> None:
        client = client_class(KEY, KEY, REGION, proxy={"http": None, "https": None})
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
                client.do_action_with_exception(request)

    return work


def libcloud(job: str) -> Work:
    """apache-libcloud's driver: destroy_node, which stops, polls and deletes one by one."""
    if job != "release":
        raise ModuleNotFoundError("libcloud has no call for release times")
    types = import_module("libcloud.compute.types")
    driver_of = import_module("libcloud.compute.providers").get_driver

    def work(url: str, _: Sequence[str]) -> None:
        host = urlsplit(url)
        driver = driver_of(types.Provider.ALIYUN_ECS)(
            KEY, KEY, region=REGION, secure=False, host=host.hostname, port=host.port
        )
        for node in driver.list_nodes():
            driver.destroy_node(node)

    return work


def v2_batch(job: str) -> Work:
    """The newest official SDK's batch calls, one after another, at known ids."""
    models, client_of = _v2()

    def work(url: str, ids: Sequence[str]) -> None:
        client = client_of(url)
        if job == "auto_release":
            for one in ids:
                client.modify_instance_auto_release_time(
                    models.ModifyInstanceAutoReleaseTimeRequest(
                        region_id=REGION, instance_id=one, auto_release_time=_in(9)
                    )
                )
            return
        for start in range(0, len(ids), BATCH):
            part = list(ids[start : start + BATCH])
            client.stop_instances(
                models.StopInstancesRequest(region_id=REGION, instance_id=part, force_stop=True)
            )
            client.delete_instances(
                models.DeleteInstancesRequest(region_id=REGION, instance_id=part, force=True)
            )

    return work


def v2_threads(job: str) -> Work:
    """The newest official SDK, one call an instance, sixteen threads."""
    models, client_of = _v2()

    def work(url: str, ids: Sequence[str]) -> None:
        client = client_of(url)

        def one_by_one(one: str) -> None:
            if job == "auto_release":
                client.modify_instance_auto_release_time(
                    models.ModifyInstanceAutoReleaseTimeRequest(
                        region_id=REGION, instance_id=one, auto_release_time=_in(9)
                    )
                )
            else:
                client.stop_instance(models.StopInstanceRequest(instance_id=one, force_stop=True))
                client.delete_instance(models.DeleteInstanceRequest(instance_id=one, force=True))

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(one_by_one, ids))

    return work


_AUTO_RELEASE = ("ModifyInstanceAutoReleaseTime",)

CONTENDERS: Mapping[str, Callable[[str], Work]] = {
    "curfew": curfew,
    "v2_batch": v2_batch,
    "v2_threads": v2_threads,
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
    problem = ""
    try:
        work(url, ids)
    except Exception as error:  # noqa: BLE001  # a contender that gives up is a result
        problem = f"{type(error).__name__}: {error}"[:200]
    done = time.perf_counter()
    figures = {"import_s": imported - start, "work_s": done - imported, "rss_mib": peak_mib()}
    print(json.dumps({**figures, "problem": problem}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], json.load(sys.stdin))
