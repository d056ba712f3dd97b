"""What nobody has confirmed about ECS, each as a named switch.

Where the API reference is silent, contradicts itself, or was seen to behave in two ways, the
emulator takes the way that is harder on its clients, and lets a test take the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Quirks:
    """One attribute for each unconfirmed behaviour; the defaults are argued here.

    Attributes:
        delete_batch_is_atomic: one instance that DeleteInstances must refuse keeps the whole batch.
            The answer has no result per instance, which implies it. False: the others are deleted
            although the answer is the error.
        repeated_deletion_succeeds: deleting what is being deleted is a success. By default it is
            refused with IncorrectInstanceStatus, as for any status that forbids the operation.
        security_lock_denies_deletion: DeleteInstance lists InstanceLockedForSecurity among its
            errors, while "API behavior when locked" says that deletion is normal. The latter is
            the default, since it is the page about locks.
        duplicate_ids_are_refused: an id given twice in ``InstanceId.N`` is malformed. By default
            it counts once: nothing documents a refusal.
        code_is_text: the ``Code`` of an entry of StopInstances and its like is ``"200"``, as the
            2021 samples have it; by default the number 200, as those of 2025 do.
        empty_auto_release_time_clears: ``AutoReleaseTime=`` is taken as no parameter, which clears
            the release time: the more dangerous reading. False: it is malformed.
        auto_release_time_is_rounded: to the nearest minute, as the English page says. By default
            the seconds are dropped, as the Chinese page and the SDK's documentation say.
        power_change_fails_snapshots: a snapshot fails when its instance is stopped, started or
            rebooted meanwhile. The reference says that it may.
        listing_delay: how long a new instance is missing from lists. No figure is published;
            none by default.
        auto_release_delay: how long after its minute an instance is really released. No figure is
            published; none by default.
        tag_filter_limit: how many resources a list filtered by tag shows at most. The reference
            says that the filter does not serve more than 1,000; the rest is left out silently.
    """

    delete_batch_is_atomic: bool = True
    repeated_deletion_succeeds: bool = False
    security_lock_denies_deletion: bool = False
    duplicate_ids_are_refused: bool = False
    code_is_text: bool = False
    empty_auto_release_time_clears: bool = True
    auto_release_time_is_rounded: bool = False
    power_change_fails_snapshots: bool = True
    listing_delay: timedelta = timedelta(0)
    auto_release_delay: timedelta = timedelta(0)
    tag_filter_limit: int = 1000


DEFAULT_QUIRKS = Quirks()
