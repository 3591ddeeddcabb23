"""How much one socket may ask for and hold. Defaults are RELIABILITY's figures; tests and benchmarks move them."""

from dataclasses import dataclass
from datetime import timedelta

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class SocketLimits:
    frame_bytes: int = MIB  # enforced by the server (1009), and on frames we send
    nesting: int = 32
    containers: int = 50_000  # lists and objects in a frame: each costs a hundred times its two characters
    rows_in_a_result: int = 1000

    frames_per_second: float = 50
    frames_at_once: float = 200
    protocol_errors_a_minute: int = 20

    devices_per_user: int = 10
    unauthenticated_per_address: int = 10
    waiting_per_address: int = 500  # to become one of those, each for so long:
    place_s: float = 2

    outbound_frames: int = 256
    outbound_bytes: int = 4 * MIB
    send_s: float = 10
    close_s: float = 3  # for what is queued and the close frame; then the connection is dropped

    hello_s: float = 10
    ping_every_s: float = 30
    pong_s: float = 10
    auth_warning_s: float = 60

    open_calls_per_device: int = 16
    open_calls_per_user: int = 32
    waiting_calls_per_user: int = 256
    call_s: float = 30
    absence_s: float = 60
    resend_for: timedelta = timedelta(hours=24)

    turns_resumed: int = 64  # by one hello
    turn_kept_s: float = 300
    turn_bytes: int = 4 * MIB
    turns_kept_per_user: int = 64
