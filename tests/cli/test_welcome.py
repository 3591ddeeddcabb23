"""What the service says when it is up is true with whatever it was told to do."""

from pathlib import Path
from typing import Any

from app.cli.welcome import welcome
from app.config import Settings
from tests.conftest import make_settings


def _told(**changes: Any) -> str:
    return welcome(_settings(**changes))


def _settings(**changes: Any) -> Settings:
    return make_settings("postgresql://nobody@127.0.0.1:1/nothing", Path("somewhere"), **changes)


PROD = {"env": "prod", "rate_limits": "on", "llm_model": "anthropic/some-model"}


def test_at_home_it_names_the_page_and_the_folder_of_mails() -> None:
    told = _told(port=8123)
    assert "http://127.0.0.1:8123/docs (register," in told
    assert "curl -s http://127.0.0.1:8123/health" in told
    assert "Mails land in somewhere/mail;" in told


def test_mails_that_are_sent_land_in_no_folder() -> None:
    told = _told(smtp_url="smtp://mail.example.com", mail_from="hello@example.com")
    assert "Mails are sent as hello@example.com;" in told
    assert "somewhere" not in told
    assert "Mails are not sent" in _told(**PROD)


def test_nobody_is_told_to_register_who_cannot() -> None:
    assert "sign in; registration is closed" in _told(registration="closed")
    invited = _told(registration="invite")
    assert "with an invitation" in invited
    assert "app admin invite EMAIL" in invited


def test_the_link_is_one_that_is_answered() -> None:
    hosts = "*.example.com, api.example.com"
    assert "http://api.example.com:8000/docs" in _told(trusted_hosts=hosts)
    assert "https://adiuva.example.com/docs" in _told(trusted_hosts=hosts, public_url="https://adiuva.example.com")
    assert "https://adiuva.example.com/docs" in _told(**PROD, public_url="https://adiuva.example.com")
    assert "http://127.0.0.1:8000/docs" in _told(trusted_hosts=f"{hosts}, 127.0.0.1")
    for told in (_told(trusted_hosts=hosts), _told(host="0.0.0.0", trusted_hosts=hosts)):
        assert "curl -s http://127.0.0.1:8000/health" in told, "health is answered under any name"


def test_an_address_that_is_none_to_type_is_replaced() -> None:
    assert "http://127.0.0.1:8000/docs" in _told(host="0.0.0.0")
    assert "http://[::1]:8000/docs" in _told(host="::1")
