"""Every feature's tables, imported so that `metadata` is whole: for migrations, the drift check, erasure and tests."""

from app.accounts import models as _accounts
from app.assistant.approvals import models as _approvals
from app.audit import models as _audit
from app.billing import models as _billing
from app.devices import models as _devices
from app.idempotency import models as _idempotency
from app.keys import models as _keys
from app.kit.db import Base
from app.memory import models as _memory
from app.threads import models as _threads

__all__ = [
    "_accounts",
    "_approvals",
    "_audit",
    "_billing",
    "_devices",
    "_idempotency",
    "_keys",
    "_memory",
    "_threads",
    "metadata",
]

metadata = Base.metadata
