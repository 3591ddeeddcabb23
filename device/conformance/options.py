"""What the person at the terminal may choose."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    host: str = "127.0.0.1"
    port: int = 0
    only: tuple[str, ...] = ()
    thorough: bool = False
    list_rules: bool = False
    json: Path | None = None
    client: str | None = None
    wait: float | None = None
    ask: bool = False
    patience: float = 10.0
    reconnect_within: float = 60.0
    no_reconnect_wait: float = 5.0
    dimensions: int = 1536

    @property
    def moment(self) -> float:
        """Seconds in which something would have come that should not come."""
        return min(0.3, self.patience / 10)


def parsed(arguments: Sequence[str]) -> Options:
    """Raises `SystemExit` with status 2 for arguments that make no sense, as argparse does."""
    found = _parser().parse_args(arguments)
    host, port = found.listen or ("127.0.0.1", 0)
    return Options(
        host=host,
        port=port,
        only=tuple(found.only),
        thorough=found.thorough,
        list_rules=found.list,
        json=found.json,
        client=found.client,
        wait=found.wait,
        ask=found.ask,
        patience=found.patience,
        reconnect_within=found.reconnect_within,
        no_reconnect_wait=found.no_reconnect_wait,
        dimensions=found.dimensions,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m device.conformance",
        description="Plays the server against a client and reports, rule by rule, how it keeps the device protocol.",
        epilog="Exit status: 0 every MUST rule holds, 1 one does not, 2 usage, 3 no client came within --wait.",
    )
    add = parser.add_argument
    add("--listen", type=_address, metavar="[HOST:]PORT", help="where to wait for the client; 0 picks a free port")
    add("--client", metavar="COMMAND", help="start the client with this, and again where a rule needs a fresh one; "
        "{url}, {http}, {port} and {home} (an empty folder that is removed afterwards) are filled in")  # fmt: skip
    add("--only", nargs="+", default=[], metavar="RULE", help="these rules: ids, groups (resume), patterns (*.update*)")
    add("--list", action="store_true", help="print the rules and end")
    add("--thorough", action="store_true", help="also the rules that take long (1,001 rows are inserted)")
    add("--json", type=Path, metavar="FILE", help="write the report here, for machines")
    add("--wait", type=_seconds, metavar="S", help="how long to wait for the client (default: for ever)")
    add("--ask", action="store_true", help="stream only turns that the client asked for: you are told when to send one")
    add("--patience", type=_seconds, default=10.0, metavar="S", help="how long to wait for an answer (default: 10)")
    add("--reconnect-within", type=_seconds, default=60.0, metavar="S",
        help="how long a client may take to come back (default: 60, as long as the service keeps its turns)")  # fmt: skip
    add("--no-reconnect-wait", type=_seconds, default=5.0, metavar="S",
        help="how long a client must stay away to count as stopped (default: 5)")  # fmt: skip
    add("--dimensions", type=_count, default=1536, metavar="N", help="length of the vectors (default: 1536)")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not [HOST:]PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError("it must be a number of seconds above 0")
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if not 1 < count <= 100_000:
        raise argparse.ArgumentTypeError("it must be a whole number from 2 to 100,000")
    return count
