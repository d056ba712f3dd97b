"""docs/deploy and docs/recipes: what they show is understood, runs, and is true of s.yaml."""

from __future__ import annotations

import html
import importlib
import io
import json
import logging
import re
import shlex
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from local.cli.main import group
from local.fc.context import CODE
from local.fc.runtime import invoke
from shared.base import errors
from shared.base.errors import CurfewError
from shared.request.request import decode
from shared.request.triggers import Message, parse
from tests.docs.pages import leads_somewhere, links
from tests.harness.invocation import make_context
from tests.harness.s_yaml import deployed, raw

PAGES = [
    CODE / "docs" / f"{name}{language}.md"
    for name in ("deploy", "recipes")
    for language in ("", ".zh-CN")
]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{\{.*?\}\}|\$\{\w+\}|\$[A-Z]\w*")


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [body for kind, body in _FENCE.findall(text) if kind == language]


def requests_in(text: str) -> list[dict[str, Any]]:
    """The requests that a script sends, its variables filled with an instance's id."""
    plain = _PLACEHOLDER.sub("i-bp1example", text.replace('\\"', '"'))
    starts = [found.start() for found in re.finditer(r'\{"action"', plain)]
    return [json.JSONDecoder().raw_decode(plain[start:])[0] for start in starts]


def understood(request: dict[str, Any]) -> str:
    """The function that a request is for, which takes it."""
    name: str = request["action"]
    action = importlib.import_module(f"functions.{name}").ACTION
    decode(action.request, request, name)
    return name


EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


@EACH_PAGE
def test_every_request_is_understood_by_its_function(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert [understood(request) for request in requests_in(text)]


@EACH_PAGE
def test_everything_in_json_is_a_request_or_a_policy(page: Path) -> None:
    for block in blocks(page, "json"):
        value = json.loads(block)
        assert "action" in value or {"Version", "Statement"} == value.keys()


@EACH_PAGE
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [one for one in links(page) if not leads_somewhere(page, one)] == []


@pytest.mark.parametrize("name", ["deploy", "recipes"])
def test_both_languages_have_the_same_sections(name: str) -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES if page.name.startswith(name)]
    bare = [_FENCE.sub("", text) for text in texts]
    english, chinese = (re.findall(r"^(?:#+ |\| |- |\*\*\d)", text, re.MULTILINE) for text in bare)

    assert english == chinese


@pytest.mark.parametrize("name", ["deploy", "recipes"])
def test_both_languages_show_the_same_code(name: str) -> None:
    english, chinese = (
        [re.sub(r"(?m)(^| +)# .*", "", body) for _, body in _FENCE.findall(page.read_text("utf-8"))]
        for page in PAGES
        if page.name.startswith(name)
    )

    assert english == chinese


def test_every_timer_that_writes_has_a_second_one_a_quarter_of_an_hour_later() -> None:
    """But for the one that comes every quarter of an hour anyway, and the one that only tells."""
    timers = {
        trigger["triggerName"]: trigger["triggerConfig"]
        for one in deployed()
        for trigger in one.triggers
        if trigger["triggerType"] == "timer"
    }
    writing = {name for name in timers if not name.endswith(("-again", "-dry-run"))} - {
        "quarter",
        "release-notice",
    }

    assert {f"{name}-again" for name in writing} == {n for n in timers if n.endswith("-again")}
    for name in writing:
        first, second = timers[name], timers[f"{name}-again"]
        assert first["payload"] == second["payload"]
        assert _minute(second["cronExpression"]) == _minute(first["cronExpression"]) + 15
        assert not second["enable"]
    assert json.loads(timers["night-again"]["payload"])["if_set"] == "keep"


@pytest.mark.parametrize("page", PAGES[:2], ids=[page.name for page in PAGES[:2]])
def test_deploying_names_triggers_queues_and_topics_that_there_are(page: Path) -> None:
    variables = raw()["vars"]
    known = {trigger["triggerName"] for one in deployed() for trigger in one.triggers}
    known |= {value for name, value in variables.items() if name.endswith(("queue", "topic"))}
    known |= {variables["failures"], *(one.props["functionName"] for one in deployed())}
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    named = set(re.findall(r"`((?:evening|morning|night|curfew)(?:-[\w-]+)?)`", text))

    assert len(named) > 10
    assert named <= known


def _minute(cron: str) -> int:
    """The minute of the day of a timer's cron expression."""
    _, _, minute, hour, *_ = cron.split()
    return int(hour) * 60 + int(minute)


def test_each_pipeline_is_yaml_and_leases_extends_or_releases() -> None:
    pipelines = blocks(CODE / "docs" / "recipes.md", "yaml")

    for pipeline in pipelines:
        assert isinstance(yaml.safe_load(pipeline), dict)
        assert {understood(one) for one in requests_in(pipeline)} == {
            "set_auto_release",
            "release",
        }
    assert len(pipelines) == 3


def test_pipelines_write_to_the_topics_that_are_deployed() -> None:
    variables = raw()["vars"]
    topics = {
        "set_auto_release": variables["lease_topic"],
        "release": variables["release_topic"],
    }
    for pipeline in blocks(CODE / "docs" / "recipes.md", "yaml"):
        sent = re.findall(r'send\.py (\S+)\s+[\'"]\{\\?"action\\?": \\?"(\w+)', pipeline)
        assert sent
        assert all(topics[action] == topic for topic, action in sent)


def test_only_the_jobs_that_send_can_get_a_key() -> None:
    github, gitlab, _ = map(yaml.safe_load, blocks(CODE / "docs" / "recipes.md", "yaml"))
    gitlab_jobs = {name: job for name, job in gitlab.items() if isinstance(job, dict)}

    assert set(github["env"]) == {"MNS_ENDPOINT"}
    assert github["permissions"] == {"contents": "read"}
    for name, job in github["jobs"].items():
        may_get_one = "environment" in job or "id-token" in job.get("permissions", {})
        assert may_get_one is ("send.py" in str(job)), name
        assert may_get_one is ("self-hosted" not in str(job["runs-on"])), name
    assert {name for name, job in gitlab_jobs.items() if "environment" in job} == {".publisher"}
    for name, job in gitlab_jobs.items():
        assert ("extends" in job) is ("send.py" in str(job)), name


def scripts_that_create_a_runner() -> dict[str, str]:
    """By pipeline, the shell that creates the runner and what follows it in the same shell."""
    github, gitlab, flow = map(yaml.safe_load, blocks(CODE / "docs" / "recipes.md", "yaml"))
    (create,) = [one for one in github["jobs"]["lease"]["steps"] if one.get("id") == "create"]
    steps = flow["stages"]["lease"]["jobs"]["lease"]["steps"]
    return {
        "github": create["run"],
        "gitlab": "\n".join([*gitlab[".publisher"]["before_script"], *gitlab["lease"]["script"]]),
        "flow": steps["command"]["with"]["run"],
    }


@pytest.mark.parametrize("pipeline", ["github", "gitlab", "flow"])
@pytest.mark.parametrize("fails", [False, True], ids=["created", "not-created"])
def test_a_runner_that_was_not_created_fails_its_job(
    pipeline: str,
    fails: bool,  # noqa: FBT001  # a table's column
    tmp_path: Path,
) -> None:
    stubs = {
        "create-runner.sh": "exit 1" if fails else "echo i-bp1example",
        "bin/pip": "",
        "bin/python": f'echo "$*" >> {tmp_path}/sent',
    }
    for name, body in stubs.items():
        stub = tmp_path / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"#!/bin/sh\n{body}\n")
        stub.chmod(0o700)

    done = subprocess.run(  # noqa: S603  # the page's own commands, with stubs for the tools
        ["/bin/bash", "-c", scripts_that_create_a_runner()[pipeline]],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "GITHUB_OUTPUT": str(tmp_path / "output")},
        check=False,
    )

    written = [tmp_path / name for name in ("output", "lease.env", "sent")]
    text = "".join(one.read_text() for one in written if one.exists())
    assert (done.returncode != 0) is fails
    assert (text == "") is fails
    assert ("i-bp1example" in text) is not fails


@EACH_PAGE
def test_every_command_runs(page: Path) -> None:
    for line in "".join(blocks(page, "sh")).splitlines():
        if "--remote" in line:
            arguments = shlex.split(line)[3:]
            assert CliRunner().invoke(group, [*arguments, "--help"]).exit_code == 0
            continue
        output = b""
        for part in line.split(" | "):
            command = shlex.split(part)
            assert command[:3] == ["python", "-m", "local"]
            result = CliRunner().invoke(group, command[3:], input=output)
            assert result.exit_code == 0, result.output
            output = result.stdout_bytes


class _Topic(BaseHTTPRequestHandler):
    """MNS, as far as publishing goes; remembers what came."""

    came: list[str]

    def do_POST(self) -> None:
        self.came.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        answer = (
            b'<?xml version="1.0"?><Message xmlns="http://mns.aliyuncs.com/doc/v1/">'
            b"<MessageId>5F1A</MessageId><MessageBodyMD5>0</MessageBodyMD5></Message>"
        )
        self.send_response(201)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_what_the_official_sdk_sends_arrives_as_the_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("mns", reason="aliyun-mns-sdk is not installed")
    monkeypatch.setenv("HOME", str(tmp_path))
    (script,) = blocks(CODE / "docs" / "recipes.md", "python")
    module: dict[str, Any] = {"__name__": "send"}
    exec(compile(script, "send.py", "exec"), module)  # noqa: S102  # the page's own script
    request = '{"action": "release", "instance_ids": ["i-bp1example"], "snapshot": false}'
    came: list[str] = []
    handler = type("Topic", (_Topic,), {"came": came})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("MNS_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "local")
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "local")
        module["main"]("curfew-release", request)
        server.shutdown()

    (body,) = re.findall(r"<MessageBody>(.*?)</MessageBody>", came[0], re.DOTALL)
    (message,) = parse(html.unescape(body)).messages
    assert isinstance(message, Message)
    assert understood(dict(message.request)) == "release"
    assert capsys.readouterr().out == "sent 5F1A\n"


@pytest.mark.parametrize(
    ("arguments", "endpoint", "said"),
    [
        ([], "https://mns", "usage: python send.py TOPIC REQUEST"),
        (["curfew-lease"], "https://mns", "usage: python send.py TOPIC REQUEST"),
        (["curfew-lease", "{action"], "https://mns", "the request is not JSON: Expecting property"),
        (["curfew-lease", "{}"], "", "not set in the environment: MNS_ENDPOINT"),
    ],
    ids=["nothing", "no-request", "no-json", "no-endpoint"],
)
@pytest.mark.parametrize("page", PAGES[2:], ids=[page.name for page in PAGES[2:]])
def test_the_script_says_what_it_lacks(
    page: Path, arguments: list[str], endpoint: str, said: str, tmp_path: Path
) -> None:
    (script,) = blocks(page, "python")
    (tmp_path / "send.py").write_text(script, encoding="utf-8")
    (tmp_path / "mns").mkdir()  # the SDK's names, and nothing behind them
    (tmp_path / "mns" / "account.py").write_text("Account = None\n")
    (tmp_path / "mns" / "topic.py").write_text("TopicMessage = None\n")
    keys = {f"ALIBABA_CLOUD_ACCESS_KEY_{part}": "local" for part in ("ID", "SECRET")}

    done = subprocess.run(  # noqa: S603  # the page's own script
        [sys.executable, "send.py", *arguments],
        cwd=tmp_path,
        env={**keys, "MNS_ENDPOINT": endpoint, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr


def test_a_runner_that_is_released_by_name_is_to_be_created_under_it() -> None:
    flow = blocks(CODE / "docs" / "recipes.md", "yaml")[2]
    (name,) = re.findall(r'\\"name\\": \\"(.*?)\\"', flow)
    for page in PAGES[2:]:
        prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
        assert f"`{name.replace('{', '').replace('}', '')}`" in prose


@pytest.mark.parametrize("page", PAGES[:2], ids=[page.name for page in PAGES[:2]])
def test_every_class_of_error_is_in_the_table(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    classes = [
        one.__name__
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, CurfewError) and one is not CurfewError
    ]

    assert [name for name in classes if f"\n| `{name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES[:2], ids=[page.name for page in PAGES[:2]])
def test_the_costs_are_computed_from_what_is_deployed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    (sizes,) = {(one.props["cpu"], one.props["memorySize"]) for one in deployed()}
    cpu, memory_mb = sizes
    a_second = cpu + 0.15 * memory_mb / 1024
    rows = re.findall(r"\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \|", text)
    costs = [_number(seconds) * a_second + _number(runs) * 0.0075 for runs, seconds, _, _ in rows]

    assert f"{a_second:g} CU" in text
    assert [(cu, usd) for _, _, cu, usd in rows] == [
        (f"{cost:,.0f}", f"{cost * 0.00002:.2f}") for cost in costs
    ]
    assert len(rows) == 5


@pytest.mark.parametrize("page", PAGES[:2], ids=[page.name for page in PAGES[:2]])
def test_dashboard_and_alarm_find_the_json_in_a_line_of_the_log(page: Path) -> None:
    found = re.findall(r"regexp_extract\(message, '(.*?)'\)", page.read_text(encoding="utf-8"))
    assert len(found) == 5
    (pattern,) = set(found)
    log = io.StringIO()

    def handler(event: bytes, _: object) -> str:
        logging.getLogger("curfew").info("%s", event.decode())
        return ""

    invoke(handler, b'{"log": "run", "counts": {"changed": 1}}', make_context(), log)

    line = re.search(pattern, log.getvalue().splitlines()[1])
    assert line
    assert json.loads(line[0])["counts"] == {"changed": 1}


def _number(text: str) -> int:
    return int(text.replace(",", ""))
