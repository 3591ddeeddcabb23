"""What is loaded is not looked at again by the garbage collector."""

import subprocess
import sys
from pathlib import Path

_COLLECTS = """
import gc, weakref
from app.kit import garbage
class Node: ...
loaded = [[number] for number in range(100_000)]
dropped = Node()
dropped.itself, gone = dropped, weakref.ref(dropped)
del dropped
garbage.freeze()
print(gc.get_freeze_count() > 100_000, len(gc.get_objects()) < 1_000, gone() is None)
"""


def test_what_is_there_when_it_freezes_costs_no_collection_anything() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COLLECTS], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "True"]
