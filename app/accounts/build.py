"""What accounts are served by, put together once in a process."""

from limits.aio.storage import Storage

from app.accounts.administration import Administration
from app.accounts.api_keys import ApiKeys
from app.accounts.deps import AccountServices
from app.accounts.email_change import EmailChange
from app.accounts.erase import Erasure, ReceiptAddress
from app.accounts.export import Export
from app.accounts.invitations import Invitations
from app.accounts.mail_allowance import MailAllowance
from app.accounts.password_change import PasswordChange, PasswordCheck
from app.accounts.refresh import Refresh
from app.accounts.registration import Registration
from app.accounts.sessions import Sessions
from app.accounts.sign_in import SessionOpener, SignIn
from app.auth.access_tokens import AccessTokens
from app.auth.passwords import PasswordHasher
from app.auth.throttle import SignInThrottle
from app.config import Settings
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.db import Database


def account_services(
    settings: Settings,
    *,
    db: Database,
    vault: KeyVault,
    clock: Clock,
    hasher: PasswordHasher,
    tokens: AccessTokens,
    counters: Storage,
    invitations: Invitations,
    receipts: ReceiptAddress,
    administration: Administration,
    can_mail: bool,
) -> AccountServices:
    limited = settings.rate_limits == "on"
    throttle = SignInThrottle(counters, clock, enabled=limited)
    mails = MailAllowance(counters, enabled=limited)
    opener, check = SessionOpener(tokens, clock), PasswordCheck(db, hasher, throttle)
    mode = settings.registration
    return AccountServices(
        registration=Registration(db, vault, hasher, opener, invitations, clock, mode=mode, can_mail=can_mail),
        sign_in=SignIn(db, vault, hasher, throttle, opener, clock),
        refresh=Refresh(db, opener, clock),
        sessions=Sessions(db, vault, clock),
        passwords=PasswordChange(db, hasher, check, mails, clock, can_mail=can_mail),
        emails=EmailChange(db, vault, check, mails, clock, can_mail=can_mail),
        api_keys=ApiKeys(db, vault, clock),
        export=Export(db, vault, clock),
        erasure=Erasure(db, vault, check, clock, receipts if can_mail else None),
        administration=administration,
    )
