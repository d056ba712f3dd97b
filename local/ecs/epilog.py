"""What ``serve --help`` says about fleet files, faults and quirks, generated from the code."""

from __future__ import annotations

from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.ecs.fleet.fleet_file import field_names
from local.ecs.gateway.faults import FAULTS, Fault

_FLEET_FILE = """\b
instances:
  - name: runner
    count: 3                     # runner-1, runner-2, runner-3
    region: cn-shanghai
    status: Stopped              # ECS's own words; default: Running
    tags: {purpose: ci-runner}
    created_at: -1h              # an hour ago, or a time with its zone
    auto_release_at: +2h
    data_disks: [{size_gib: 200, delete_with_instance: false}]"""


def epilog() -> str:
    """Fleet files, faults and quirks, as paragraphs for click."""
    own = {
        name: set(kind.__struct_fields__) - set(Fault.__struct_fields__)
        for name, kind in FAULTS.items()
    }
    faults = "; ".join(
        f"{name} ({', '.join(sorted(fields))})" if fields else name for name, fields in own.items()
    )
    instance, disk = ", ".join(field_names(InstanceSpec)), ", ".join(field_names(DiskSpec))
    common = ", ".join(Fault.__struct_fields__)
    return f"""FLEET FILES, in YAML or JSON; every field is optional:

{_FLEET_FILE}

Fields of an instance: count, {instance}. Of a disk: {disk}. At the top level: default_stopped_mode.

FAULTS, such as {{"fault": "cut", "action": "Stop*", "times": 1}}; all have {common}: {faults}.

QUIRKS: {", ".join(Quirks.__dataclass_fields__)}.
"""
