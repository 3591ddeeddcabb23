import subprocess
import sys
from pathlib import Path

import pytest

from app.tables import metadata

ROOT = Path(__file__).parent.parent.parent
ASKED = "import app.parts; from app.accounts.erase import owned_tables; print(*(each.name for each in owned_tables()))"


@pytest.mark.faults
def test_a_service_that_has_migrated_nothing_exports_and_erases_every_table() -> None:
    """In a process of its own: in this one, tests have imported more than the service does."""
    done = subprocess.run([sys.executable, "-c", ASKED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "token_usage" in done.stdout.split()
    assert set(done.stdout.split()) >= {name for name, table in metadata.tables.items() if "user_id" in table.c} - {
        "audit_entries"
    }
