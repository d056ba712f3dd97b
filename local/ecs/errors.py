"""ECS's refusals: one table, one exception.

Each row is the HTTP status, the code and the message that ECS's API reference gives for the
operations that the emulator knows; ``{name}`` marks text that ECS fills in. The layers in front of
the engine (signatures, throttling, faults) raise `EcsError` with texts of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class EcsError(Exception):
    """An error response from ECS.

    Attributes:
        status: HTTP status, 400 to 599.
        code: ECS's error code, such as ``IncorrectInstanceStatus``.
        message: ECS's text for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class DeniedError(EcsError):
    """A refusal by RAM, with details of who was denied what.

    Attributes:
        detail: the body's ``AccessDeniedDetail``.
    """

    def __init__(self, detail: Mapping[str, str]) -> None:
        refusal = Refusal.FORBIDDEN
        super().__init__(refusal.status, refusal.code, refusal.message)
        self.detail = detail


class Refusal(Enum):
    """Every refusal that the engine can return."""

    # Any operation. Source: "Common error codes" and what the API gateway answers today.
    UNKNOWN_ACTION = (
        404,
        "InvalidAction.NotFound",
        (
            "Specified api is not found, please check your url and method."
            " (The emulator does not have {name}.)"
        ),
    )
    MISSING = (400, "Missing{name}", "{name} is mandatory for this action.")
    INVALID_PARAMETER = (400, "InvalidParameter", "The specified parameter {name} is not valid.")
    NOT_EMULATED = (
        400,
        "UnsupportedParameter",
        "The parameters is unsupported. (The emulator does not know {name}.)",
    )
    # The emulator's own: ECS is thought to ignore the parameter.
    UNKNOWN_PARAMETER = (
        400,
        "UnsupportedParameter",
        (
            "The parameters is unsupported. (The emulator refuses {name}:"
            " {action} has no such parameter{hint})"
        ),
    )
    # What was denied is in its AccessDeniedDetail, not in the text.
    FORBIDDEN = (
        403,
        "Forbidden.RAM",
        (
            "User not authorized to operate on the specified resource, or this API doesn't support"
            " RAM."
        ),
    )
    UNKNOWN_REGION = (404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
    DRY_RUN = (400, "DryRunOperation", "Request validation has been passed with DryRun flag set.")
    DRY_RUN_OF_BATCH = (
        400,
        "DRYRUN.SUCCESS",
        "This request is a dryrun request with successful result.",
    )
    TOKEN_REUSED = (403, "IdempotentParameterMismatch", "The specified clientToken is used.")
    TOKEN_MALFORMED = (403, "InvalidClientToken.Malformed", "The ClientToken provided is invalid.")

    # Selecting instances.
    UNKNOWN_INSTANCE = (
        404,
        "InvalidInstanceId.NotFound",
        "The specified InstanceId does not exist.",
    )
    UNKNOWN_INSTANCES = (
        404,
        "InvalidInstanceIds.NotFound",
        "The specified InstanceIds does not exist.",
    )
    NO_INSTANCE_IDS = (403, "InvalidInstanceId.NotFound", "InstanceId should not be null.")
    TOO_MANY_INSTANCE_IDS = (
        403,
        "InvalidParameter.TooManyInstanceIds",
        "Instance ids cannot be more than 100.",
    )
    MALFORMED_INSTANCE_IDS = (
        403,
        "Abs.InvalidInstanceIds.MalFormed",
        "The specified instanceIds is not valid.",
    )
    # Not documented for DescribeInstances; modelled on DescribeDisks.
    INSTANCE_IDS_FILTER = (
        403,
        "InvalidInstanceIds.Malformed",
        "The amount of specified instance Ids exceeds the limit, or they are not a JSON array.",
    )

    # Power.
    INCORRECT_POWER_STATUS = (
        403,
        "IncorrectInstanceStatus",
        (
            "The specified instance is in an incorrect status for the requested action; Status of"
            " the specified instance is {status} but the expected status is in ({expected})."
        ),
    )
    LOCKED_FOR_SECURITY = (
        403,
        "InstanceLockedForSecurity",
        "The specified operation is denied as your instance is locked for security reasons.",
    )
    EXPIRED_OR_IN_ARREARS = (
        403,
        "InstanceExpiredOrInArrears",
        (
            "The specified operation is denied as your prepay instance is expired (prepay mode)"
            " or in arrears (afterpay mode)."
        ),
    )

    SUBSCRIPTION_OVER = (403, "InstanceExpired", "The prePaid instance has been expired.")
    # Only with a quirk: the description of StoppedMode says otherwise.
    CLASSIC_STOP_CHARGING = (
        403,
        "InvalidInstanceId.NotSupport",
        "Classic network Instance does not support this operation.",
    )
    PRE_PAID_STOP_CHARGING = (
        403,
        "InvalidInstanceId.NotSupport",
        "Pre pay instance does not support this operation.",
    )
    LOCAL_DISK_STOP_CHARGING = (
        403,
        "InvalidInstanceId.NotSupport",
        "Local disk instance does not support this operation.",
    )

    # Deletion and auto-release.
    INCORRECT_STATUS = (
        403,
        "IncorrectInstanceStatus",
        "The current status of the resource does not support this operation.",
    )
    INITIALIZING = (
        403,
        "IncorrectInstanceStatus.Initializing",
        "The specified instance status does not support this operation.",
    )
    DELETION_PROTECTED = (
        403,
        "InvalidOperation.DeletionProtection",
        "The operation is not allowed due to deletion protection.",
    )
    CHARGE_TYPE = (
        403,
        "ChargeTypeViolation",
        "The operation is not permitted due to charge type of the instance.",
    )
    SEVERAL_REGIONS = (
        400,
        "InvalidParameter.CrossRegionNotSupport",
        "Instances of multiple regions not support.",
    )
    MALFORMED_DELETION_IDS = (
        403,
        "InvalidInstanceIds.ValueNotSupported",
        "The specified instanceIds is not valid.",
    )
    NO_RELEASE_INSTANCE_ID = (400, "MissingParameter", "InstanceId should not be null.")
    AUTO_RELEASE_TIME = (
        400,
        "InvalidAutoReleaseTime.Malformed",
        "The specified parameter autoReleaseTime is not valid.",
    )
    NO_SUCH_RESOURCE = (404, "NoSuchResource", "The specified resource is not found.")

    # Attributes.
    PROTECTION_NOT_VALID = (
        403,
        "InvalidChargeType.ValueNotSupported",
        (
            "Deletion protection is only valid for postPaid instance,"
            " not for prePaid or spot instance."
        ),
    )
    INSTANCE_NAME = (
        400,
        "InvalidInstanceName.Malformed",
        'The specified parameter "InstanceName" is not valid.',
    )
    PASSWORD = (
        400,
        "InvalidPassword.Malformed",
        'The specified parameter "Password" is not valid.',
    )
    INSTANCE_DESCRIPTION = (
        400,
        "InvalidDescription.Malformed",
        'The specified parameter "Description" is not valid.',
    )

    # Filters of lists.
    UNKNOWN_CHARGE_TYPE = (
        404,
        "InvalidInstanceChargeType.NotFound",
        "The InstanceChargeType does not exist in our records",
    )
    UNKNOWN_LOCK_REASON = (
        404,
        "InvalidLockReason.NotFound",
        "The specified LockReason is not found",
    )
    UNKNOWN_FILTER_KEY = (404, "InvalidFilterKey.NotFound", "")
    UNKNOWN_NETWORK_TYPE = (
        404,
        "InvalidNetworkType.NotFound",
        "The specified InstanceNetworkType is not found",
    )
    UNKNOWN_STATUS = (404, "InvalidStatus.NotFound", "The specified Status is not found")
    UNKNOWN_ZONE = (404, "InvalidZoneId.NotFound", "The specified zoneId does not exist.")
    TAG_MISMATCH = (
        400,
        "InvalidTag.Mismatch",
        "The specified Tag.n.Key and Tag.n.Value are not match.",
    )
    TAG_COUNT = (400, "InvalidTagCount", "The specified tags are beyond the permitted range.")

    # Disks and snapshots.
    TOO_MANY_DISK_IDS = (
        403,
        "InvalidDiskIds.Malformed",
        "The amount of specified disk Ids exceeds the limit.",
    )
    MALFORMED_DISK_IDS = (
        400,
        "InvalidParameter.DiskIds",
        "The specified parameter diskIds is not valid.",
    )
    DISK_TYPE = (
        400,
        "InvalidDiskType.ValueNotSupported",
        "The specified disk type is not supported.",
    )
    DISK_STATUS = (
        400,
        "InvalidStatus.ValueNotSupported",
        "The specified disk status is not supported.",
    )
    UNKNOWN_DISK = (404, "InvalidDiskId.NotFound", "The specified DiskId does not exist.")
    SNAPSHOT_IDS = (
        403,
        "InvalidSnapshotIds.Malformed",
        "The amount of specified specified snapshot Ids exceeds the limit.",
    )
    SNAPSHOT_TYPE = (
        404,
        "InvalidSnapshotType.NotFound",
        "The specfied SnapshotType is not found",
    )
    SNAPSHOT_NAME = (
        400,
        "InvalidSnapshotName.Malformed",
        "The specified SnapshotName is wrongly formed.",
    )
    SNAPSHOT_GROUP_NAME = (400, "InvalidParameter.Name", "The specified Name is invalid.")
    SNAPSHOT_DESCRIPTION = (
        404,
        "InvalidDescription.Malformed",
        "The specified description is wrongly formed.",
    )
    RETENTION_DAYS = (
        400,
        "InvalidRetentionDays.Malformed",
        "The specified RetentionDays is not valid.",
    )
    SNAPSHOT_IN_PROGRESS = (
        403,
        "IncorrectDiskStatus.CreatingSnapshot",
        "A previous snapshot creation is in process.",
    )
    SNAPSHOT_OF_BUSY_INSTANCE = (
        400,
        "IncorrectInstanceStatus",
        "The current status of the resource does not support this operation.",
    )
    SNAPSHOT_OF_LOCKED_INSTANCE = (
        403,
        "InstanceLockedForSecurity",
        "The disk attached instance is locked due to security.",
    )
    SNAPSHOT_QUOTA = (403, "QuotaExceed.Snapshot", "The snapshot quota exceeds.")
    DISK_CATEGORY = (
        400,
        "DiskCategory.OperationNotSupported",
        "The operation is not supported to the specified disk due to its disk category",
    )

    # Tags.
    NO_RESOURCE_TYPE = (
        404,
        "MissingParameter.ResourceType",
        "The parameter - ResourceType should not be null",
    )
    NO_TAG_REGION = (
        404,
        "MissingParameter.RegionId",
        "The parameter - RegionId should not be null",
    )
    NO_TAGS = (404, "MissingParameter.Tags", "The parameter - Tags should not be null")
    NO_RESOURCE_IDS = (
        404,
        "MissingParameter.ResourceIds",
        "The parameter - ResourceIds should not be null",
    )
    TOO_MANY_RESOURCE_IDS = (
        400,
        "NumberExceed.ResourceIds",
        "The ResourceIds parameter's number is exceed , Valid : 50",
    )
    TOO_MANY_TAGS = (
        400,
        "NumberExceed.Tags",
        "The Tags parameter's number is exceed , Valid : 20",
    )
    DUPLICATE_TAG_KEY = (400, "Duplicate.TagKey", "The Tag.N.Key contain duplicate key.")
    TAG_KEY = (400, "InvalidTagKey.Malformed", "The specified Tag.n.Key is not valid.")
    TAG_VALUE = (400, "InvalidTagValue.Malformed", "The specified Tag.n.Value is not valid.")
    TAG_QUOTA = (
        400,
        "OperationDenied.QuotaExceed",
        "The quota of tags on resource is beyond permitted range.",
    )
    UNKNOWN_RESOURCE = (
        404,
        "InvalidResourceId.NotFound",
        "The specified ResourceIds are not found in our records.",
    )
    UNKNOWN_RESOURCE_TYPE = (
        404,
        "InvalidResourceType.NotFound",
        "The ResourceType provided does not exist in our records.",
    )

    # Regions, prices, new instances.
    ACCEPT_LANGUAGE = (
        404,
        "InvalidAcceptLanguage.NotFound",
        "Only Chinese (zh-CN), English (en-US), and Japanese (ja) are allowed.",
    )
    PRICED_RESOURCE_TYPE = (
        400,
        "InvalidResourceType.ValueNotSupported",
        "The specified parameter ResourceType is not valid.",
    )
    PRICE_UNIT = (
        400,
        "InvalidPriceUnit.ValueNotSupported",
        "The specified parameter PriceUnit is not valid.",
    )
    PRICED_AMOUNT = (
        403,
        "InvalidAmount.Malformed",
        "The specified parameter Amount is not valid.",
    )
    NO_INSTANCE_TYPE = (
        404,
        "InvalidInstanceType.Missing",
        "The InstanceType parameter that is mandatory for processing the request is not provided.",
    )
    INSTANCE_TYPE = (
        400,
        "InvalidInstanceType.ValueNotSupported",
        "The specified InstanceType does not exist or beyond the permitted range.",
    )
    PERIOD = (400, "InvalidPeriod", "The specified period is not valid.")
    NOT_SUPPLIED = (
        400,
        "MissingParameter",
        "The input parameter {name} that is mandatory for processing this request is not supplied.",
    )
    # The limit is documented ("API throttling"), its code is not.
    TOO_MANY_CREATIONS = (400, "Throttling", "Request was denied due to request throttling.")
    AMOUNT = (403, "InvalidParam.Amount", "The specified Amount is not in 1 to 100.")
    MIN_AMOUNT = (
        400,
        "InvalidMinAmount.Malformed",
        "The specified parameter MinAmount is not valid.",
    )
    INTERNET_CHARGE_TYPE = (
        400,
        "InvalidInternetChargeType.ValueNotSupported",
        "The specified InternetChargeType is not valid.",
    )
    BANDWIDTH_OUT = (
        400,
        "InvalidInternetMaxBandwidthOut.Malformed",
        "The specified parameter internetMaxBandwidthOut is not valid.",
    )
    BANDWIDTH_IN = (
        400,
        "InvalidInternetMaxBandwidthIn.Malformed",
        "The specified parameter internetMaxBandwidthIn is not valid.",
    )
    HOST_NAME = (
        400,
        "InvalidHostName.Malformed",
        'The specified parameter "HostName" is not valid.',
    )
    SPOT_STRATEGY = (400, "InvalidSpotStrategy", "The specified SpotStrategy is not valid.")
    SPOT_PREPAID = (
        400,
        "InvalidSpotPrepaid",
        "The specified Spot type is not support PrePay Instance.",
    )
    SYSTEM_DISK_CATEGORY = (
        400,
        "InvalidSystemDiskCategory.ValueNotSupported",
        'The specified parameter "SystemDisk.Category" is not valid.',
    )
    SYSTEM_DISK_SIZE = (
        400,
        "InvalidSystemDiskSize.ValueNotSupported",
        "The specified parameter SystemDisk.Size is invalid.",
    )
    DATA_DISK_CATEGORY = (
        400,
        "InvalidDataDiskCategory.ValueNotSupported",
        'The specified parameter "DataDisk.n.Category" is not valid.',
    )
    DATA_DISK_SIZE = (
        400,
        "InvalidDataDiskSize.ValueNotSupported",
        (
            "The specified DataDisk.n.Size beyond the permitted range, or the capacity of snapshot"
            " exceeds the size limit of the specified disk category."
        ),
    )

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message

    def error(self, **details: str) -> EcsError:
        """The exception to raise, its ``{…}`` filled in from ``details``.

        Raises:
            KeyError: a detail that the row names is missing.
        """
        return EcsError(self.status, self.code.format(**details), self.message.format(**details))
