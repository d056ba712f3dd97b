"""Differences that stay, each with its reason; docs/fidelity.md has the same table.

They are compared by place alone: the emulator's own forms there are under test elsewhere.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

NOW = 9999


class Argued(NamedTuple):
    """One difference that is no fault.

    Attributes:
        place: where in the answer; ``*`` stands for anything.
        until: the year of the last recordings that it excuses.
        why: the reason.
    """

    place: str
    until: int
    why: str

    def excuses(self, place: str, year: int) -> bool:
        """Whether a difference in a recording of this year is this one."""
        return year <= self.until and fnmatchcase(place, self.place.replace("[", "[[]"))


ARGUED = (
    Argued("*.InstanceId", 2017, "ids of old have 9 characters after the dash, today's 20"),
    Argued("Snapshots.Snapshot.*Id", 2016, "likewise"),
    Argued("SnapshotId", 2016, "likewise, and the recorded one begins with i-"),
    Argued("Disks.Disk[].DiskId", 2023, "ids in a project's own test data have 16 to 21"),
    Argued("Instances.Instance[].EipAddress.Bandwidth", 2015, "no longer without an address"),
    Argued("Instances.Instance[].Tags", 2015, "absent since then where there are none"),
    Argued("Instances.Instance[].SaleCycle", 2018, "empty since then"),
    Argued("Instances.Instance[].EcsCapacityReservationAttr.*", 2019, "empty since then"),
    Argued("Instances.Instance[].CpuOptions.Numa", 2020, "empty of the same type since then"),
    Argued("res", 2017, "a field of Apsara Stack, the private cloud"),
    Argued(
        "Instances.Instance[].PrivateDnsNameOptions",
        NOW,
        "an empty object in one region's rows alone, absent in all others",
    ),
    Argued("access-control-*", NOW, "for browsers, which are kept out here"),
    Argued("vary", NOW, "for caches"),
    Argued("etag", NOW, "for caches"),
)
