from prometheus_client import Counter, Gauge

TURNS = Counter("adiuva_turns_total", "Turns that have ended.", ["status", "code"])
LIVE_TURNS = Gauge(
    "adiuva_turns_live", "Turns under way, those that wait for an approval included.", multiprocess_mode="livesum"
)
REMOVED = Counter("adiuva_answer_parts_removed_total", "What was not let out of an answer, by kind.", ["kind"])
