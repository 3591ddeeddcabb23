"""A mailbox is not filled by a stranger's clicks."""

from collections.abc import Callable
from typing import Any

from app.accounts.mail_allowance import MAILS
from tests.factories.mailbox import mail_to, mails_to
from tests.factories.people import PASSWORD

SUBJECT = "Set a new password"


async def test_a_mailbox_gets_five_reset_mails_an_hour_and_the_answer_stays_the_same(
    own_service: Callable[..., Any],
) -> None:
    async with own_service(rate_limits="on") as service:
        ada = await service.person()

        async def forgot() -> None:
            assert (await service.http.post("/auth/password/forgot", json={"email": ada.email})).status_code == 204

        for sent in range(1, MAILS + 1):
            await forgot()
            await mail_to(service, ada.email, SUBJECT, nth=sent)
        for _ in range(3):
            await forgot()
        later = await service.person()
        await mail_to(service, later.email, "Confirm")  # whatever was asked for before has been sent by now
        assert len(mails_to(service, ada.email, SUBJECT)) == MAILS
        service.clock.move(minutes=61)
        await forgot()
        await mail_to(service, ada.email, SUBJECT, nth=MAILS + 1)


async def test_who_is_signed_in_is_told_to_wait(own_service: Callable[..., Any]) -> None:
    async with own_service(rate_limits="on", with_worker=False) as service:
        ada = await service.person()
        answers = [await ada.post("/auth/email/resend") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [204] * 5 + [429]
        assert answers[-1].headers["Retry-After"] == "3600"
        body = {"email": "elsewhere@example.com", "password": PASSWORD}
        assert (await ada.post("/auth/email", json=body)).json()["code"] == "rate_limited"
        service.clock.move(minutes=61)
        assert (await ada.post("/auth/email/resend")).status_code == 401  # the access token has expired meanwhile


async def test_several_people_together_do_not_fill_a_strangers_mailbox(own_service: Callable[..., Any]) -> None:
    async with own_service(rate_limits="on", with_worker=False) as service:
        body = {"email": "stranger@example.com", "password": PASSWORD}
        askers = [await service.person() for _ in range(MAILS + 1)]
        answers = [await asker.post("/auth/email", json=body) for asker in askers]
        assert [answer.status_code for answer in answers] == [204] * MAILS + [429]
