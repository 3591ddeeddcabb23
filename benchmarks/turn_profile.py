"""Where a turn's time goes: `python -m benchmarks.turn_profile [--tokens N] [--by tottime|cumtime] [--turns N]`.

The service as in `benchmarks.turns`, its event loop's thread under cProfile, which makes everything about twice as slow and
small functions look worse than they are. The time that is printed is for all of the turns together.
"""

import argparse
from contextlib import ExitStack
from urllib.parse import urlencode

from benchmarks.ground import ground
from benchmarks.processes import get
from benchmarks.turn_model import scripted_model
from benchmarks.turn_service import PROFILE
from benchmarks.turns import service

WARM_UP = 100


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turn_profile")
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--by", default="tottime", choices=["tottime", "cumtime", "ncalls"])
    parser.add_argument("--most", type=int, default=60, help="lines")
    options = parser.parse_args()
    with ground(quick=True, rounds=1) as prepared, ExitStack() as held:
        ours, _without_memory = service(prepared, held, held.enter_context(scripted_model(at_once=True)))
        ours.askers.turns(tokens=options.tokens, at_once=1, seconds=60, most=WARM_UP)
        ours.inbox.wait_until_empty()
        get(ours.server.port, f"{PROFILE}?of=begin")
        ours.askers.turns(tokens=options.tokens, at_once=1, seconds=600, most=options.turns)
        ours.inbox.wait_until_empty()
        asked = urlencode({"of": options.by, "most": options.most})
        print(get(ours.server.port, f"{PROFILE}?{asked}", within_s=60)["told"])


if __name__ == "__main__":
    main()
