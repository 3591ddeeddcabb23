"""The parts of the service, built from the settings and put together. Only `app.main` and the command line know this."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

from fastapi import FastAPI

import app.tables  # noqa: F401 - export and erasure go by all tables, also those no module here asks for
from app.accounts.administration import Administration
from app.accounts.build import account_services
from app.accounts.deps import AccountServices
from app.accounts.erase import ErasureFinish, ReceiptAddress
from app.accounts.invitations import Invitations
from app.accounts.jobs import AccountErasures, AccountMails, AccountPurge
from app.assistant.approvals.asking import Asking
from app.assistant.approvals.deps import ApprovalServices
from app.assistant.approvals.edits import checked_edit
from app.assistant.approvals.store import Approvals, PausedTurns, Policies
from app.assistant.build import AssistantParts, built
from app.assistant.graphs import private_names, private_texts
from app.assistant.limits import UNLIMITED_TURNS, TurnLimits
from app.assistant.models import Models
from app.assistant.shaping.sanitizer import Sanitizer
from app.audit.overview import AuditTrail
from app.auth.access_tokens import AccessTokens
from app.auth.callers import Callers
from app.auth.counters import close, counters
from app.auth.deps import AuthServices
from app.auth.passwords import PasswordCost, PasswordHasher
from app.auth.rate_limits import RateLimiter
from app.config import Settings
from app.devices.calls import Calls
from app.devices.deps import DeviceServices
from app.devices.draining import drained
from app.devices.entrance import Entrance
from app.devices.greeting import Greeting
from app.devices.handlers import Handlers, register_own
from app.devices.hub import LocalHub
from app.devices.jobs import DevicePurge
from app.devices.known_devices import KnownDevices
from app.devices.ledger import Ledger
from app.devices.limits import SocketLimits
from app.devices.revocation import EndedAccess, Revocation
from app.devices.socket import DeviceSocket
from app.devices.tickets import Tickets
from app.devices.turns import Turns
from app.devices.welcomes import Welcomes
from app.health.checks import Check, Readiness
from app.idempotency.keep import Idempotency
from app.jobs.administration import JobAdministration
from app.jobs.overview import AllJobs
from app.jobs.purge import daily_purge
from app.jobs.routes import JobServices
from app.jobs.schedule import Periodic
from app.jobs.tasks import Retry, Task
from app.jobs.worker import Worker
from app.keys.master_keys import MasterKeys
from app.keys.rotate import KeyRotation
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.system_db import SystemDatabase
from app.llm.limits import ModelLimits
from app.mail.folder import FolderMailer
from app.mail.port import Mailer, MailRejected, NoMailer
from app.mail.smtp import SmtpMailer
from app.memory.build import MemoryParts
from app.memory.build import built as built_memory
from app.memory.limits import MemoryLimits
from app.threads.conversations import Conversations
from app.threads.deps import ThreadServices
from app.threads.finishing import TITLE_TASK
from app.threads.history import History
from app.threads.jobs import TITLE_RETRY, ThreadTitles
from app.threads.runs import Runs
from app.threads.titles import Titles

JOBS_DRAIN_S = 10
SOCKETS_DRAIN_S = 8  # after the turns, which take up to 15 (`TurnLimits`); closing the sockets takes up to 2


class Parts:
    """Everything that lives as long as the process. Building it connects to nothing; `running` does."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        limits: SocketLimits | None = None,
        turn_limits: TurnLimits | None = None,
        model_limits: ModelLimits | None = None,
        password_cost: PasswordCost | None = None,
    ) -> None:
        assert settings.database_url is not None
        assert settings.jwt_secret is not None
        assert settings.master_keys is not None
        self.settings, self.clock = settings, clock
        self.db = Database(settings.database_url)
        self.system = SystemDatabase(settings.database_url)
        master_keys = MasterKeys.parse(settings.master_keys.get_secret_value())
        self.rotation = KeyRotation(self.system, master_keys)
        self.vault = KeyVault(master_keys, clock)
        self.hasher = PasswordHasher(password_cost)
        self.counters = counters(settings.redis_url, clock)
        self.mailer = mailer_of(settings)
        self.invitations = Invitations(settings.jwt_secret.get_secret_value(), clock)
        self.receipts = ReceiptAddress(settings.jwt_secret.get_secret_value())
        self.administration = Administration(self.system, clock)
        self.auth = self._auth()
        self.accounts = self._accounts()
        self.jobs = JobServices(
            AllJobs(self.system), JobAdministration(self.system, Idempotency(self.vault, clock), clock)
        )
        self.limits = limits or SocketLimits(
            frame_bytes=settings.ws_max_frame_bytes,
            frames_per_second=settings.ws_frames_per_second,
            frames_at_once=4 * settings.ws_frames_per_second,
            devices_per_user=settings.ws_max_devices_per_user,
        )
        self.devices = self._devices()
        self.threads = self._threads()
        self.approvals = self._approvals()
        self.models = Models(settings, model_limits)
        self.sanitizer = self._sanitizer()
        self.memory = self._memory()
        turn_limits = turn_limits or TurnLimits()
        if settings.rate_limits == "off":
            turn_limits = replace(turn_limits, turns_at_once=UNLIMITED_TURNS)
        self.assistant = self._assistant(turn_limits)
        self.socket = self._socket()
        self.worker = Worker(settings.database_url, self._tasks(), periodic=self._periodic())
        self.readiness = self._readiness()
        self._drained: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None

    def attach(self, app: FastAPI) -> None:
        """Where each feature's `deps.py` looks for its services."""
        app.state.auth, app.state.accounts, app.state.jobs = self.auth, self.accounts, self.jobs
        app.state.devices, app.state.threads = self.devices, self.threads
        app.state.approvals, app.state.assistant = self.approvals, self.assistant.services
        app.state.memory = self.memory.services
        app.state.audit, app.state.readiness = AuditTrail(self.system), self.readiness
        token = self.settings.metrics_token
        app.state.begin_stopping = self.begin_stopping
        app.state.drain_sockets = self.drain_sockets
        app.state.metrics_token = token and token.get_secret_value()

    @asynccontextmanager
    async def running(self, *, with_worker: bool) -> AsyncIterator[None]:
        """Connected, and doing background work unless another process does."""
        try:
            await self.db.open()
            await self.rotation.check()
            if with_worker:
                await self.worker.start()
            else:
                self.readiness.checks.pop("scheduler")
            await self.assistant.services.assistant.take_up()
            self.assistant.leases.start()
            self.revocation.start()
            self._warming = asyncio.create_task(self.models.warm_up(), name="warm up the model")
            yield
        finally:
            if self._warming is not None:
                self._warming.cancel()
            self.begin_stopping()
            assert self._drained is not None
            await self._drained
            await self.assistant.services.assistant.drained()
            await self.assistant.leases.stop()
            await self.revocation.stop()
            await self.devices.calls.settled()
            await self.close()

    async def close(self) -> None:
        await asyncio.gather(self.db.close(), self.system.close(), close(self.counters), self.models.aclose())
        self.hasher.close()

    def begin_stopping(self) -> None:
        """Not ready any more, and no new jobs; what is under way goes on. The first thing at SIGTERM."""
        self.readiness.stopping = True
        self.socket.stopping = True
        self.assistant.services.assistant.is_stopping = True
        if self._drained is None:
            self._drained = asyncio.create_task(self.worker.stop(JOBS_DRAIN_S), name="drain jobs")

    def _auth(self) -> AuthServices:
        assert self.settings.jwt_secret is not None
        secret = self.settings.jwt_secret.get_secret_value()
        self.tokens = AccessTokens(secret, self.clock, algorithm=self.settings.jwt_algorithm)
        limiter = RateLimiter(self.counters, self.clock, enabled=self.settings.rate_limits == "on")
        return AuthServices(Callers(self.db, self.tokens, self.clock), limiter)

    async def drain_sockets(self) -> None:
        """Let turns and devices end what they are at, for a while; then send the devices away, to come back elsewhere."""
        await self.assistant.services.assistant.drained()
        await drained(self.devices.hub, self.devices.calls, within_s=SOCKETS_DRAIN_S)

    def _devices(self) -> DeviceServices:
        db, vault, clock, limits = self.db, self.vault, self.clock, self.limits
        hub = LocalHub(limits, clock)
        ledger = Ledger(db, vault, clock, limits)
        return DeviceServices(
            known=KnownDevices(db, vault, ledger, hub, clock),
            tickets=Tickets(db, clock),
            calls=Calls(hub, ledger, limits),
            hub=hub,
            turns=Turns(limits),
        )

    def _threads(self) -> ThreadServices:
        return ThreadServices(
            conversations=Conversations(self.db, self.vault, end=self._end_thread, stop=self._stop_runs),
            runs=Runs(self.db, self.vault, self.clock, owner=uuid4()),
            history=History(self.db, self.vault),
        )

    async def _end_thread(self, user_id: UUID, thread_id: UUID) -> None:
        await self.assistant.services.assistant.end_thread(user_id, thread_id)

    def _stop_runs(self, run_ids: Iterable[UUID]) -> None:
        self.assistant.services.assistant.stop_runs(run_ids)

    def _approvals(self) -> ApprovalServices:
        approvals = Approvals(self.db, self.vault, self.clock, checked_edit)
        return ApprovalServices(
            approvals=approvals,
            policies=Policies(self.db),
            paused=PausedTurns(self.db, self.vault, self.clock),
            asking=Asking(self.devices.hub, approvals),
        )

    def _sanitizer(self) -> Sanitizer:
        """What no answer may contain, whatever a model has come by."""
        settings = self.settings
        keys = (settings.llm_api_key, settings.embedding_api_key, settings.openai_api_key, settings.anthropic_api_key)
        secrets = [key.get_secret_value() for key in keys if key is not None]
        return Sanitizer(private_texts(), identifiers=private_names(), secrets=secrets)

    def _memory(self) -> MemoryParts:
        return built_memory(
            db=self.db,
            system=self.system,
            vault=self.vault,
            clock=self.clock,
            model=self.models.router,
            embedder=self.models.embedder,
            embedding_model=self.settings.embedding_model,
            is_private=self.sanitizer.finds_private,
            limits=MemoryLimits(),
        )

    def _assistant(self, limits: TurnLimits) -> AssistantParts:
        return built(
            db=self.db,
            clock=self.clock,
            limiter=self.auth.limiter,
            models=self.models,
            devices=self.devices,
            threads=self.threads,
            approvals=self.approvals,
            memories=self.memory.memories,
            sanitizer=self.sanitizer,
            limits=limits,
        )

    def _socket(self) -> DeviceSocket:
        assert self.settings.database_url is not None
        devices, clock, limits = self.devices, self.clock, self.limits
        ended = EndedAccess(clock)
        self.revocation = Revocation(self.settings.database_url, self.system, devices.hub, ended)
        self.revocation.on_user_ended.append(self.assistant.services.assistant.stop_user)
        entrance = Entrance(
            self.auth.callers,
            devices.tickets,
            self.auth.limiter,
            limits,
            allow_query_token=self.settings.ws_allow_query_token,
        )
        handlers = Handlers()
        register_own(handlers, entrance, ended)
        self.assistant.from_devices.register(handlers)
        greeting = Greeting(entrance, devices.known, devices.hub, devices.turns, ended, clock, limits)
        welcomes = Welcomes()
        welcomes.register(self.approvals.asking.welcome)
        origins = self.settings.cors_origin_pattern
        return DeviceSocket(
            greeting, handlers, devices.hub, devices.turns, devices.known, limits, welcomes, origins=origins
        )

    def _accounts(self) -> AccountServices:
        return account_services(
            self.settings,
            db=self.db,
            vault=self.vault,
            clock=self.clock,
            hasher=self.hasher,
            tokens=self.tokens,
            counters=self.counters,
            invitations=self.invitations,
            receipts=self.receipts,
            administration=self.administration,
            can_mail=not isinstance(self.mailer, NoMailer),
        )

    def _tasks(self) -> list[Task]:
        mails = AccountMails(
            self.db, self.vault, self.mailer, self.clock, self.receipts, base_url=self.settings.own_url
        )
        mail = Retry(give_up_on=(MailRejected,))
        erasures = AccountErasures(ErasureFinish(self.system, self.clock), self.vault)
        titles = ThreadTitles(Titles(self.db, self.vault, self.assistant.titling.ask))
        return [
            Task("accounts.send_link", mails.send_link, mail),
            Task("accounts.send_notice", mails.send_notice, mail),
            Task("accounts.send_receipt", mails.send_receipt, mail),
            Task("accounts.finish_erasure", erasures.finish_erasure),
            Task(TITLE_TASK, titles.give, TITLE_RETRY),
            *self.memory.tasks,
        ]

    def _periodic(self) -> list[Periodic]:
        purge = Task("accounts.purge", AccountPurge(self.system, self.clock).purge)
        devices = Task("devices.purge", DevicePurge(self.system, self.clock, self.limits).purge)
        return [
            Periodic(purge, cron="17 3 * * *"),
            Periodic(devices, cron="27 3 * * *"),
            *self.memory.periodic,
            daily_purge(self.system, self.clock),
        ]

    def _readiness(self) -> Readiness:
        async def database() -> bool:
            return await self.db.hot_row("SELECT 1") is not None

        async def scheduler() -> bool:
            return self.worker.healthy

        checks: dict[str, Check] = {"database": database, "scheduler": scheduler}
        if self.settings.redis_url is not None:
            checks["redis"] = self.counters.check
        return Readiness(checks)


def mailer_of(settings: Settings) -> Mailer:
    if settings.smtp_url is not None and settings.mail_from is not None:
        return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)
    return NoMailer() if settings.env == "prod" else FolderMailer(settings.data_dir / "mail")
