from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from app.accounts.administration import Administration
from app.accounts.api_keys import ApiKeys
from app.accounts.email_change import EmailChange
from app.accounts.erase import Erasure
from app.accounts.export import Export
from app.accounts.password_change import PasswordChange
from app.accounts.refresh import Refresh
from app.accounts.registration import Registration
from app.accounts.sessions import Sessions
from app.accounts.sign_in import Origin, SignIn
from app.auth.deps import address_of


@dataclass(frozen=True)
class AccountServices:
    registration: Registration
    sign_in: SignIn
    refresh: Refresh
    sessions: Sessions
    passwords: PasswordChange
    emails: EmailChange
    api_keys: ApiKeys
    export: Export
    erasure: Erasure
    administration: Administration


def services(request: Request) -> AccountServices:
    return cast("AccountServices", request.app.state.accounts)


def origin(request: Request) -> Origin:
    return Origin(address_of(request), request.headers.get("user-agent", ""))


Accounts = Annotated[AccountServices, Depends(services)]
From = Annotated[Origin, Depends(origin)]
