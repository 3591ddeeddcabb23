"""The words of the mails. One function a mail; what is put in is never interpreted."""

from app.accounts.one_time_links import Purpose

SUBJECTS = {
    Purpose.VERIFY_EMAIL: "Confirm your e-mail address",
    Purpose.CHANGE_EMAIL: "Confirm your new e-mail address",
    Purpose.RESET_PASSWORD: "Set a new password",
}

_LINKS = {
    Purpose.VERIFY_EMAIL: (
        "verify-email",
        "Welcome to Adiuva. Open this link to confirm that this address is yours:",
        (
            "The link works for three days. Your account works in the meantime.\n"
            "If you did not register, ignore this mail."
        ),
    ),
    Purpose.CHANGE_EMAIL: (
        "verify-email",
        "Open this link to use this address for your Adiuva account from now on:",
        "The link works for one day. If you did not ask for this, ignore this mail.",
    ),
    Purpose.RESET_PASSWORD: (
        "reset-password",
        "Open this link to choose a new password for your Adiuva account:",
        "The link works once, for one hour. If you did not ask for this, ignore this mail: nothing has changed.",
    ),
}

NOTICES = {
    "password_changed": (
        "Your password was changed",
        (
            "The password of your Adiuva account was changed, and your other sessions were signed out.\n"
            "API keys keep working; revoke those you do not know.\n\n"
            'If this was not you, set a new password at once with "forgot password" in the app.'
        ),
    ),
    "email_change_asked": (
        "Your e-mail address is about to change",
        (
            "Somebody signed in to your Adiuva account asked to use another e-mail address for it.\n"
            "It changes when the new address has been confirmed.\n\n"
            "If this was not you, change your password at once."
        ),
    ),
}


def link_mail(purpose: Purpose, base_url: str, secret: str) -> str:
    """The secret stands in the fragment: browsers do not send it, so no server or proxy logs it."""
    page, before, after = _LINKS[purpose]
    return f"{before}\n\n{base_url}/{page}#{secret}\n\n{after}\n"


def receipt_mail(records: int) -> str:
    return (
        "Your Adiuva account has been erased.\n\n"
        "The key to your data was destroyed first, so that what was stored cannot be read any more. "
        f"Then {records} stored records were deleted.\n\n"
        "What lives on your own devices is untouched. Thank you for having been with us.\n"
    )
