"""What the device socket counts. Labels are actions, outcomes and codes, never ids or content."""

from prometheus_client import Counter, Gauge

CONNECTED = Gauge("adiuva_devices_connected", "Devices connected now.", multiprocess_mode="livesum")
CALLS = Counter("adiuva_tool_calls_total", "Tool calls that have ended.", ["action", "outcome"])
IGNORED_RESULTS = Counter(
    "adiuva_tool_results_ignored_total", "Results of calls that are unknown, already answered, or somebody else's."
)
REJECTED_FRAMES = Counter("adiuva_socket_frames_rejected_total", "Frames that could not be taken.", ["code"])
CLOSED = Counter("adiuva_sockets_closed_total", "Sockets this service closed.", ["code"])
