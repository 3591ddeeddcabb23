"""`make demo`: five conversations with the assistant, from the words to the row in a device's SQLite and back.

Everything is real and by public interfaces: a service as `python -m app serve` starts it, a Postgres of its own, the offline
model, and the reference device. Nothing stays behind.
"""
