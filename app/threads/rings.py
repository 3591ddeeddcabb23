"""A user's key ring for what is asked of the database in one round trip, without a transaction."""

from uuid import UUID

from app.keys.vault import KeyVault
from app.kit.crypto import KeyRing
from app.kit.db import Database


async def ring_of(db: Database, vault: KeyVault, user_id: UUID) -> KeyRing:
    """The one at hand, or it is loaded. Raises `KeysUnavailable`."""
    kept = vault.kept(user_id)
    if kept is not None:
        return kept
    async with db.of(user_id) as session:
        return await vault.of(session, user_id)
