"""Ending in order."""

import signal


def end_as_ctrl_c_does() -> None:
    """From now on SIGTERM ends this process the way Ctrl-C does: through every clean-up on the way out."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt
