"""A new account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.emails import normalized
from app.accounts.invitations import Invitations
from app.accounts.models import User
from app.accounts.sign_in import Origin, SessionOpener, TokenPair
from app.audit.record import Kind, record
from app.auth.passwords import PasswordHasher, check_acceptable
from app.errors import Conflict, Forbidden
from app.jobs.queue import enqueue
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import KeyRing
from app.kit.db import Database


class EmailTaken(Conflict):
    code = "email_taken"


class RegistrationClosed(Forbidden):
    code = "registration_closed"


class Registration:
    def __init__(
        self,
        db: Database,
        vault: KeyVault,
        hasher: PasswordHasher,
        opener: SessionOpener,
        invitations: Invitations,
        clock: Clock,
        *,
        mode: str,
        can_mail: bool,
    ) -> None:
        self._db, self._vault, self._hasher, self._opener = db, vault, hasher, opener
        self._invitations, self._clock, self._mode = invitations, clock, mode
        self._can_mail = can_mail

    async def register(self, email: str, password: str, invitation: str | None, origin: Origin) -> TokenPair:
        """Create the account and sign it in. Raises `EmailTaken`, `RegistrationClosed`, `Invalid`, `Overloaded`."""
        self._admit(normalized(email), invitation)
        async with self._new_account(email, password) as (session, user_id, keys):
            return await self._opener.open(session, user_id, keys, origin)

    async def create(self, email: str, password: str) -> UUID:
        """Create the account without signing it in, however registration is set. Raises `EmailTaken`, `Invalid`."""
        async with self._new_account(email, password) as (_, user_id, _):
            return user_id

    @asynccontextmanager
    async def _new_account(self, email: str, password: str) -> AsyncIterator[tuple[AsyncSession, UUID, KeyRing]]:
        """The transaction in which an account comes to be; it ends with the block."""
        address, user_id = normalized(email), uuid4()
        check_acceptable(password)
        password_hash = await self._hasher.hash(password)
        try:
            async with self._db.of(user_id) as session:
                await self._add_user(session, user_id, address, password_hash)
                keys = self._vault.create(session, user_id)
                await session.flush()
                record(session, Kind.REGISTERED, user_id=user_id, at=self._clock.now(), actor_id=user_id)
                if self._can_mail:
                    await enqueue(session, "accounts.send_link", {"user_id": str(user_id), "purpose": "verify_email"})
                yield session, user_id, keys
        except IntegrityError as error:
            if "uq_users_email" in str(error.orig):
                raise EmailTaken("There is an account with this e-mail already.") from None
            raise

    async def _add_user(self, session: AsyncSession, user_id: UUID, email: str, password_hash: str) -> None:
        # Not through the ORM: it would name every column, and the request role may write only these.
        values = {"id": user_id, "email": email, "password_hash": password_hash, "created_at": self._clock.now()}
        await session.execute(insert(User).values(values))

    def _admit(self, email: str, invitation: str | None) -> None:
        if self._mode == "closed":
            raise RegistrationClosed("This service does not take new accounts.")
        if self._mode == "invite" and not (invitation and self._invitations.fits(invitation, email)):
            raise RegistrationClosed("A valid invitation for this e-mail address is needed to register here.")
