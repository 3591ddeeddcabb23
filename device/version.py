import sys

VERSION = "1.0.0"
PROTOCOL = 1
CLIENT_NAME = "Adiuva reference device"
USER_AGENT = f"Adiuva-reference-device/{VERSION} ({sys.platform})"
