"""A conversation in the terminal: what `python -m device chat` shows, and what it takes.

`loop.py` is the talk itself; `lines.py` takes what is typed, `screen.py` shows; `tags.py` finds the components in an answer,
`entities.py` and `charts.py` draw them.
"""
