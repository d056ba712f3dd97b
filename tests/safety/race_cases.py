"""What is asked while something else happens."""

from __future__ import annotations

from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from local.fc.trigger_events import Request

WEB = InstanceSpec("dev-web", tags={"team": "dev"}, data_disks=(DiskSpec(),))
API = InstanceSpec("dev-api", tags={"team": "dev"})
RELEASE: Request = {"name": "dev-*", "dry_run": False}
