"""Every feature's tables, imported so that `metadata` is whole: for migrations, the drift check, erasure and tests."""

from app.accounts import models as _accounts
from app.audit import models as _audit
from app.devices import models as _devices
from app.idempotency import models as _idempotency
from app.keys import models as _keys
from app.kit.db import Base

__all__ = ["_accounts", "_audit", "_devices", "_idempotency", "_keys", "metadata"]

metadata = Base.metadata
