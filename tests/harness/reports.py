"""What reports say: read out of answers and errors, and made, to be compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local.ecs.fleet.fleet import HANGZHOU
from shared.base.errors import CurfewError
from shared.base.times import CHINA


def row(instance_id: str, result: str, reason: str = "", **other: object) -> dict[str, Any]:
    """One instance's line in a report; what is not named is as specs have it by default."""
    return {
        "id": instance_id,
        "name": f"name of {instance_id}",
        "region": HANGZHOU,
        "result": result,
        "reason": reason,
        "code": "",
        "status": "Running",
        "charge_type": "PostPaid",
        "instance_type": "ecs.g7.large",
        "auto_release_at": "",
        "tags": {},
        **other,
    }


def in_error(error: Exception) -> tuple[str, dict[str, Any]]:
    """The sentence and the report that an error's message is made of."""
    sentence, _, report = str(error).partition(" {")
    return sentence.rstrip("."), json.loads("{" + report)


def report_in(answer: dict[str, Any]) -> dict[str, Any]:
    """The one report in an answer, whatever its trigger's form."""
    if "statusCode" in answer:
        assert answer["statusCode"] == 200, answer
        answer = json.loads(answer["body"])
    if "reports" in answer:
        (answer,) = answer["reports"]
    return answer


def report_of(error: CurfewError) -> dict[str, Any]:
    """The report at the end of an error's message."""
    report: dict[str, Any] = json.loads(str(error).partition(" {")[2].join(("{", "")))
    return report


def table(report: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """By instance name, its result and the reason."""
    return {row["name"]: (row["result"], row["reason"]) for row in report["instances"]}


def in_china(moment: datetime) -> str:
    """An instant as reports have it where nobody has set another zone."""
    return moment.astimezone(CHINA).isoformat()


def at(moment: datetime) -> str:
    """An instant as people write it in a tag."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
