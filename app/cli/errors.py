class CannotServe(Exception):
    """Why the service cannot start, and what to do: for a person at a terminal."""
