"""Does a client keep the device protocol? This package plays the server and finds out, rule by rule.

It judges any client over a real socket, so it shares nothing with the reference device beside it and nothing with the
service: what it knows of the protocol is written here a second time, from the document alone. A slip in one of the
three shows as a disagreement, which is the point.

`python -m device.conformance --listen PORT`; `docs/conformance.md` tells how to read what it says.
"""
