"""What accounts does in the background. Each job can be run again after a crash: the effect is the same."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import mails
from app.accounts.erase import ErasureFinish, ReceiptAddress
from app.accounts.models import ApiKey, OneTimeToken, RefreshToken, User, UserSession
from app.accounts.one_time_links import Purpose, issue
from app.audit.record import forget_failed_sign_ins
from app.idempotency.models import KeptAnswer
from app.jobs.tasks import JobInfo
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.crypto import Place
from app.kit.db import Database
from app.kit.system_db import SystemDatabase
from app.mail.port import Mail, Mailer

ENDED_SESSIONS_KEPT = timedelta(days=30)
ANSWERS_KEPT = timedelta(days=1)
FAILED_SIGN_INS_KEPT = timedelta(days=90)


class AccountMails:
    def __init__(
        self, db: Database, vault: KeyVault, mailer: Mailer, clock: Clock, receipts: ReceiptAddress, *, base_url: str
    ) -> None:
        self._db, self._vault, self._mailer, self._clock = db, vault, mailer, clock
        self._receipts, self._base_url = receipts, base_url

    async def send_link(self, job: JobInfo, *, user_id: str, purpose: str) -> None:
        """Make the link's secret, then mail it. Run again, it makes another; the newest mail is the one that works."""
        owner, kind = UUID(user_id), Purpose(purpose)
        async with self._db.of(owner) as session:
            user = await session.get(User, owner)
            to = user.email if user is not None and user.disabled_at is None else None
            if to is None:
                return  # asked for an address nobody has, or the account is gone
            if kind is Purpose.CHANGE_EMAIL:
                to = await self._new_address(session, owner)
                if to is None:
                    return  # confirmed or expired meanwhile
            secret = await issue(session, owner, kind, self._clock.now())
        await self._send(job, to, mails.SUBJECTS[kind], mails.link_mail(kind, self._base_url, secret))

    async def send_notice(self, job: JobInfo, *, user_id: str, notice: str) -> None:
        async with self._db.of(UUID(user_id)) as session:
            user = await session.get(User, UUID(user_id))
        if user is not None and user.email is not None:
            await self._send(job, user.email, *mails.NOTICES[notice])

    async def send_receipt(self, job: JobInfo, *, receipt_to: str, records: int) -> None:
        await self._send(
            job, self._receipts.open(receipt_to), "Your account has been erased", mails.receipt_mail(records)
        )

    async def _new_address(self, session: AsyncSession, owner: UUID) -> str | None:
        """The address a waiting change leads to."""
        change = (OneTimeToken.user_id == owner) & (OneTimeToken.purpose == Purpose.CHANGE_EMAIL.value)
        row = await session.scalar(select(OneTimeToken).where(change))
        if row is None or row.new_email is None:
            return None
        keys = await self._vault.of(session, owner)
        return await keys.open(Place("one_time_tokens", "new_email", row.id), row.new_email)

    async def _send(self, job: JobInfo, to: str, subject: str, text: str) -> None:
        await self._mailer.send(Mail(to, subject, text, key=f"job-{job.id}"))


class AccountErasures:
    def __init__(self, finish: ErasureFinish, vault: KeyVault) -> None:
        self._finish, self._vault = finish, vault

    async def finish_erasure(self, job: JobInfo, *, user_id: str, receipt_to: str) -> None:
        self._vault.forget(UUID(user_id))
        await self._finish.finish(UUID(user_id), receipt_to, job.id)


class AccountPurge:
    """Nightly: what has expired goes."""

    def __init__(self, system: SystemDatabase, clock: Clock) -> None:
        self._system, self._clock = system, clock

    async def purge(self, _job: JobInfo) -> None:
        now = self._clock.now()
        async with self._system.begin() as session:
            await session.execute(delete(RefreshToken).where(RefreshToken.expires_at < now))
            await session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at < now))
            await session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < now - ANSWERS_KEPT))
            long_ended = UserSession.ended_at < now - ENDED_SESSIONS_KEPT
            unused = UserSession.last_used_at < now - ENDED_SESSIONS_KEPT
            await session.execute(delete(UserSession).where(or_(long_ended, unused)))
            await session.execute(delete(ApiKey).where(ApiKey.expires_at < now - ENDED_SESSIONS_KEPT))
            await forget_failed_sign_ins(session, before=now - FAILED_SIGN_INS_KEPT)
