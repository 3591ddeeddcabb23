"""What accounts sends and takes over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from app.auth.scopes import Scope
from app.billing.tiers import Tier
from app.kit.schema import Answer, Body, Ms, shown_as

Email = Annotated[str, Field(max_length=320, examples=["ada@example.com"])]
NewPassword = Annotated[
    str,
    Field(
        description="8 to 1,024 bytes; not one of the 3,000 most used.",
        max_length=1024,
        examples=["correct horse battery staple"],
        json_schema_extra={"format": "password"},
    ),
]
Password = Annotated[
    str,
    Field(max_length=1024, examples=["correct horse battery staple"], json_schema_extra={"format": "password"}),
]
Secret = Annotated[str, Field(min_length=1, max_length=512)]


class RegisterBody(Body):
    model_config = shown_as({"email": "ada@example.com", "password": "correct horse battery staple"})

    email: Email
    password: NewPassword
    invitation: Secret | None = Field(default=None, description="Needed where registration is by invitation.")


class LoginBody(Body):
    email: Email
    password: Password


class RefreshBody(Body):
    model_config = shown_as({"refresh_token": "the refresh_token of your last answer"})

    refresh_token: Secret


class AuthTokens(Answer):
    access_token: str = Field(description="Send it as `Authorization: Bearer …`. Lives 15 minutes.")
    refresh_token: str = Field(description="Buys the next pair, once. Lives 30 days.")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of a scheme
    expires_at: Ms


class UserProfile(Answer):
    id: UUID
    email: str = Field(examples=["ada@example.com"])
    tier: Tier
    is_admin: bool
    created_at: Ms
    email_verified: bool


class SessionAnswer(Answer):
    id: UUID
    client: str = Field(description="The client as it named itself.", examples=["Adiuva/1.4 (macOS 15)"])
    address: str = Field(description="The network address it signed in from.", examples=["203.0.113.7"])
    created_at: Ms
    last_used_at: Ms
    current: bool = Field(description="Is it the session of this very request?")


class EmailBody(Body):
    email: Email
    password: Password


class PasswordBody(Body):
    current: Password
    new: NewPassword


class ForgotBody(Body):
    email: Email


class ResetBody(Body):
    model_config = shown_as(
        {"token": "what stands behind the # of the mailed link", "password": "correct horse battery staple"}
    )

    token: Secret = Field(description="From the mailed link, behind the #.")
    password: NewPassword


class VerifyBody(Body):
    model_config = shown_as({"token": "what stands behind the # of the mailed link"})

    token: Secret = Field(description="From the mailed link, behind the #.")


class ApiKeyBody(Body):
    model_config = shown_as({"name": "nightly backup script", "scopes": ["read"]})

    name: str = Field(min_length=1, max_length=100, examples=["nightly backup script"])
    # A scope named twice is one that is named.
    scopes: set[Scope] = Field(min_length=1, examples=[["read"]], json_schema_extra={"uniqueItems": False})
    expires_at: StrictInt | None = Field(
        default=None,
        ge=0,
        le=253402300799000,
        description="Milliseconds since the Unix epoch; without it the key stays.",
    )


class ApiKeyAnswer(Answer):
    id: UUID
    name: str = Field(examples=["nightly backup script"])
    scopes: list[Scope]
    hint: str = Field(description="The key's last four characters.", examples=["x3Qk"])
    created_at: Ms
    expires_at: Ms | None
    last_used_at: Ms | None


class NewApiKeyAnswer(ApiKeyAnswer):
    key: str = Field(description="The key itself. It is shown this once and never again.")


class EraseBody(Body):
    password: Password


class ErasureAnswer(Answer):
    status: Literal["erasing"] = "erasing"
    data_keys_destroyed: int = Field(
        description="Versions of the data key destroyed, before anything else.", examples=[1]
    )
    sessions_ended: int = Field(examples=[2])


class AdminUser(UserProfile):
    disabled: bool


class AdminUserBody(Body):
    model_config = ConfigDict(extra="forbid") | shown_as({"disabled": False})

    tier: Tier | None = None
    disabled: StrictBool | None = None
    is_admin: StrictBool | None = None
