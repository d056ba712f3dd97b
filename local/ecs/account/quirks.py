"""Unconfirmed behaviours of ECS, each as a named switch.

Where the API reference is silent or contradicts itself, or ECS was seen to behave in two ways, the
emulator defaults to the behaviour that is harder on its clients, and lets a test choose the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Quirks:
    """One attribute for each unconfirmed behaviour, with the reason for its default.

    Attributes:
        delete_batch_is_atomic: one instance that DeleteInstances must refuse blocks the whole
            batch. The response has no result per instance, which implies it. False: the others are
            deleted although the response is the error.
        repeated_deletion_succeeds: deleting an instance that is being deleted succeeds. By default
            it is refused with IncorrectInstanceStatus, as for any status that forbids the
            operation.
        security_lock_denies_deletion: DeleteInstance lists InstanceLockedForSecurity among its
            errors, while "API behavior when locked" says that deletion is normal. The latter is
            the default, since it is the page about locks.
        duplicate_ids_are_refused: an id given twice in ``InstanceId.N`` is malformed. By default
            it counts once: nothing documents a refusal.
        code_is_text: the ``Code`` of an entry of StopInstances and its like is ``"200"``, as the
            2021 samples have it; by default the number 200, as those of 2025 do.
        empty_auto_release_time_clears: ``AutoReleaseTime=`` counts as no parameter, which clears
            the release time: the more dangerous reading. False: it is malformed.
        auto_release_time_is_rounded: to the nearest minute, as the English page says. By default
            the seconds are dropped, as the Chinese page and the SDK's documentation say.
        power_change_fails_snapshots: a snapshot fails if its instance is stopped, started or
            rebooted meanwhile. The reference says that it may.
        reboot_moves_start_time: a reboot, or a restart by maintenance, sets StartTime. Nothing says
            whether it does; if so, code that relies on StartTime mistakes a reboot for a start.
        unsupported_stop_charging_is_refused: StopInstance lists InvalidInstanceId.NotSupport, while
            the description of StoppedMode says that the instance is stopped all the same. The
            latter is the default, since it is newer and goes unnoticed.
        stop_charging_changes_public_ip: an instance that was stopped with StopCharging gives up its
            own public address, and starts with another. The user guide says that it may.
        unpaid_instance_refuses_stop: StopInstance lists InstanceExpiredOrInArrears, while the
            platform itself stops instances with overdue payment. By default it can be stopped.
        denied_lists_are_refused: without permission, lists other than DescribeInstances and
            DescribeDisks return Forbidden.RAM. By default they are empty, as those two were until
            2025-12-20: the notice of that change names no other, and an error would be noticed.
        undocumented_dry_run_is_known: DescribeInstanceStatus, DescribeSnapshotGroups,
            ListTagResources and DescribeRegions heed DryRun like the other lists, although their
            references do not have it. False: they ignore it, and respond.
        ram_sees_tags_of_a_batch: RAM evaluates the tags of each instance that a batch names, as
            users report. False: a batch is authorized as if nothing had tags.
        tagging_what_is_new_needs_permission: CreateSnapshot, CreateSnapshotGroup and RunInstances
            with ``Tag.N`` also need ``ecs:TagResources``. Their references do not say so.
        too_many_ids_code: the error code of DescribeInstances for more than 100 ids or something
            other than a JSON array; not documented, modelled on DescribeDisks.
        empty_token_is_refused: ``NextToken=`` is malformed. By default it requests the first page,
            since that is what the last page's own token looks like.
        price_parts_are_detail_info: the parts of a price are called DetailInfo, as the newest
            official SDKs read them; by default ResourcePriceModel, as the sample in the reference
            and the older SDKs have it.
        creations_per_minute: how many instances RunInstances and CreateInstance create in a minute,
            over all regions. The figure is documented, the refusal (Throttling) is not.
        listing_delay: how long a new instance is missing from lists. No figure is published;
            none by default.
        auto_release_delay: how long after its minute an instance is actually released. No figure is
            published; none by default.
        denied_describe_is_empty: without permission, DescribeInstances and DescribeDisks show an
            empty list with HTTP 200, as they did until 2025-12-20. By default they answer
            Forbidden.RAM with an AccessDeniedDetail, as the notice of the change has it (official
            notice on the authentication of ECS's query APIs).
        tag_filter_limit: how many resources a list filtered by tag shows at most. The reference
            says that the filter does not serve more than 1,000; the rest is left out silently.
        single_quoted_ids_are_read: ``InstanceIds`` and its like may be a list as Python prints it,
            ``['i-1', 'i-2']``, besides JSON. The reference says JSON. By default it is read: three
            programs in use (Ray's provider for Alibaba Cloud, two command lines) send nothing else,
            and could not work with an ECS that refused it.
        unknown_images_are_refused: RunInstances and CreateInstance take only images that
            DescribeImages shows here; others are InvalidImageId.NotFound. By default they take any
            id, since the public images of ECS are other ones in each region and each month, and a
            script that names one of them is right.
        unknown_parameters_are_refused: a parameter that the operation does not have is refused
            by the emulator. ECS is thought to ignore it: a user who asked DescribeInstances for an
            InstanceId was shown every instance (issue 38 of aliyun-cli, 2017). A misspelt filter
            would then choose everything, and a test is there to find that. False: it is ignored.
    """

    delete_batch_is_atomic: bool = True
    repeated_deletion_succeeds: bool = False
    security_lock_denies_deletion: bool = False
    duplicate_ids_are_refused: bool = False
    code_is_text: bool = False
    empty_auto_release_time_clears: bool = True
    auto_release_time_is_rounded: bool = False
    power_change_fails_snapshots: bool = True
    reboot_moves_start_time: bool = True
    unsupported_stop_charging_is_refused: bool = False
    stop_charging_changes_public_ip: bool = True
    unpaid_instance_refuses_stop: bool = False
    denied_lists_are_refused: bool = False
    undocumented_dry_run_is_known: bool = True
    ram_sees_tags_of_a_batch: bool = True
    tagging_what_is_new_needs_permission: bool = False
    too_many_ids_code: str = "InvalidInstanceIds.Malformed"
    empty_token_is_refused: bool = False
    price_parts_are_detail_info: bool = False
    creations_per_minute: int = 5000
    listing_delay: timedelta = timedelta(0)
    auto_release_delay: timedelta = timedelta(0)
    denied_describe_is_empty: bool = False
    tag_filter_limit: int = 1000
    single_quoted_ids_are_read: bool = True
    unknown_images_are_refused: bool = False
    unknown_parameters_are_refused: bool = True


DEFAULT_QUIRKS = Quirks()
