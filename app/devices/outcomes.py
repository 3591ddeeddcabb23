"""How a call to a device can end, other than well. Each says whether the device may have done what was asked."""

from app.errors import AdiuvaError, Overloaded


class CallFailed(AdiuvaError):
    """`may_have_happened`: the device was sent a change, and it is not known whether it made it."""

    status = 409
    code = "call_failed"

    def __init__(self, detail: str, *, may_have_happened: bool = False) -> None:
        super().__init__(detail, **({"may_have_happened": True} if may_have_happened else {}))
        self.may_have_happened = may_have_happened


class DeviceOffline(CallFailed):
    """No device was there to ask. Nothing was sent, or nothing that could change anything."""

    status = 409
    code = "device_offline"


class DeviceTimeout(CallFailed):
    """The device was connected and did not answer in time."""

    status = 504
    code = "device_timeout"


class OutcomeUnknown(DeviceTimeout):
    """The device was sent a change, went away and did not come back in time. What happened is recorded when it does."""


class DeviceRefused(CallFailed):
    """The device says no; the detail is its reason."""

    status = 422
    code = "device_refused"


class MalformedResult(CallFailed):
    """The device's answer is not what the action returns."""

    status = 422
    code = "malformed_result"


class CallTooLarge(CallFailed):
    """More than a frame may hold. Nothing was sent."""

    status = 413
    code = "too_large"


class TooManyCalls(Overloaded):
    """More calls wait for this user's devices than is reasonable."""

    code = "too_many_calls"
