"""How a question to a model can fail. The codes are those a client sees in `stream_end`."""

from app.errors import AdiuvaError


class ModelFailed(AdiuvaError):
    """A model gave no answer, or not all of one."""

    status = 503
    code = "model_unavailable"


class ModelUnavailable(ModelFailed):
    """The provider cannot be reached, refuses (key, quota, rate), fails, or breaks off."""


class ModelTimeout(ModelFailed):
    """No connection, no first token, or no next token in time."""

    status = 504
    code = "model_timeout"


class ContextTooLong(ModelFailed):
    """More than the model's window holds."""

    status = 422
    code = "context_too_long"
