"""One spelling for one mailbox."""

from email_validator import EmailNotValidError, validate_email

from app.errors import Invalid

MAX_LENGTH = 254  # RFC 5321, 4.5.3.1.3


def normalized(address: str, *, field: str = "email") -> str:
    """The address as it is stored and compared: lower case, Unicode NFC, domain in its internationalized form.

    Raises `Invalid`. Private domains (`.local`, a bare host name) are fine: people host this in their own network.
    """
    if len(address) > MAX_LENGTH:
        raise Invalid(f"An e-mail address has at most {MAX_LENGTH} characters.", field=field)
    try:
        parsed = validate_email(address.strip(), check_deliverability=False, globally_deliverable=False, strict=True)
    except EmailNotValidError:
        raise Invalid("This is not an e-mail address.", field=field) from None
    return parsed.normalized.lower()
