"""What can go wrong, told in sentences: to the server in a `tool_result`, or to the person at the device."""


class Refused(Exception):
    """A tool call that cannot be carried out as it stands. The sentence becomes the result's `error`; a model reads it."""


class DeviceError(Exception):
    """Something a person has to know; the message is one sentence that says what to do next."""


class NotGiven(DeviceError):
    """The command line lacks something, and there is nobody to ask."""


class HomeUnusable(DeviceError):
    """The device's folder or its database cannot be used."""


class NotSignedIn(DeviceError):
    """There are no tokens in this home, or they cannot be read."""


class SignInAgain(DeviceError):
    """The service does not take these tokens any more, and no new ones can be had for them."""


class ServiceUnreachable(DeviceError):
    """No answer, or one that says "later". The same request may succeed when it is repeated."""

    def __init__(self, sentence: str, retry_after_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class ServiceRefused(DeviceError):
    """The service answered no. `code` is the stable word of its problem+json, or empty."""

    def __init__(self, sentence: str, status: int, code: str = "") -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


class TurnRefused(DeviceError):
    """The service did not begin the turn. `code` is the stable word of its `error` frame: `rate_limited`, `quota_exceeded`,
    `too_large`, ...; `retry_after_s` is 0 where it named no time."""

    def __init__(self, sentence: str, code: str, retry_after_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.code, self.retry_after_s = code, retry_after_s


class TurnLost(DeviceError):
    """The service cannot tell the rest of the turn any more. Its text is kept in `thread_id`; None where the turn's first
    frame never came."""

    def __init__(self, sentence: str, thread_id: str | None) -> None:
        super().__init__(sentence)
        self.thread_id = thread_id


class DeviceStopped(DeviceError):
    """The device is not online any more, and will not come back by itself."""
