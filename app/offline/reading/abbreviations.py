"""Names whose last dot is their own: `Acme Inc.`"""

import re

ENDS_SHORT = re.compile(r"\b(?:inc|ltd|co|corp|bros|jr|sr|s\.p\.a|s\.r\.l|s\.a|e\.v)$", re.IGNORECASE)
