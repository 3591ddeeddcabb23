"""`python -m device.conformance --listen PORT`: what a client keeps of the device protocol."""

import asyncio
import signal
import sys
from collections.abc import Sequence

from device.conformance.checker import check
from device.conformance.options import parsed
from device.conformance.report import Report

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    options = parsed(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout.encoding.lower() not in ("utf-8", "utf8"):
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # marks and dashes
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return asyncio.run(check(options, Report(_write, colour=sys.stdout.isatty())))
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return _INTERRUPTED


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
