import asyncio
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.crypto import KEY_BYTES, THREAD_FROM_BYTES, CannotOpen, KeyRing, Place, new_key, unwrap, wrap

HERE = Place("notes", "body", UUID(int=1))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=2000)
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=20)
places = st.builds(Place, names, names, st.uuids())


def sealed(ring: KeyRing, place: Place, text: str) -> bytes:
    return asyncio.run(ring.seal(place, text))


def opened(ring: KeyRing, place: Place, value: bytes) -> str:
    return asyncio.run(ring.open(place, value))


@settings(max_examples=50, deadline=None, database=None)
@given(place=places, text=texts)
def test_what_was_sealed_opens_at_its_place(place: Place, text: str) -> None:
    ring = KeyRing({1: new_key()})
    value = sealed(ring, place, text)
    assert opened(ring, place, value) == text
    assert len(text) < 4 or text.encode() not in value


@settings(max_examples=50, deadline=None, database=None)
@given(place=places, other=places, text=texts)
def test_it_opens_at_no_other_place(place: Place, other: Place, text: str) -> None:
    ring = KeyRing({1: new_key()})
    value = sealed(ring, place, text)
    if other != place:
        with pytest.raises(CannotOpen):
            opened(ring, other, value)


@settings(max_examples=100, deadline=None, database=None)
@given(text=texts, where=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(text: str, where: float, flip: int) -> None:
    ring = KeyRing({1: new_key()})
    value = bytearray(sealed(ring, HERE, text))
    value[int(where * len(value))] ^= flip
    with pytest.raises(CannotOpen):
        opened(ring, HERE, bytes(value))


@settings(max_examples=50, deadline=None, database=None)
@given(value=st.binary(max_size=200))
def test_bytes_that_were_never_sealed_do_not_open(value: bytes) -> None:
    for given_bytes in (value, b"\x00\x00\x00\x01" + value):
        with pytest.raises(CannotOpen):
            opened(KeyRing({1: new_key()}), HERE, given_bytes)


def test_a_value_cut_short_or_prolonged_does_not_open() -> None:
    ring = KeyRing({1: new_key()})
    value = sealed(ring, HERE, "a note")
    for changed in (*(value[:end] for end in range(len(value))), value + b"\x00", value[:4] + value):
        with pytest.raises(CannotOpen):
            opened(ring, HERE, changed)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("notes", "body", UUID(int=2)),
        Place("notes", "title", UUID(int=1)),
        Place("tasks", "body", UUID(int=1)),
        Place("notes.body", "", UUID(int=1)),
        Place("", "notes.body", UUID(int=1)),
    ],
)
def test_a_value_moved_to_another_row_column_or_table_is_refused(elsewhere: Place) -> None:
    ring = KeyRing({1: new_key()})
    with pytest.raises(CannotOpen, match="another place"):
        opened(ring, elsewhere, sealed(ring, HERE, "a note"))


def test_a_value_moved_to_another_user_is_refused() -> None:
    value = sealed(KeyRing({1: new_key()}), HERE, "a note")
    with pytest.raises(CannotOpen, match="another key"):
        opened(KeyRing({1: new_key()}), HERE, value)


def test_the_newest_key_seals_and_all_open() -> None:
    old, new = new_key(), new_key()
    value = sealed(KeyRing({1: old}), HERE, "from long ago")
    both = KeyRing({2: new, 1: old})
    assert opened(both, HERE, value) == "from long ago"
    newer = sealed(both, HERE, "from today")
    assert int.from_bytes(newer[:4], "big") == 2
    assert opened(KeyRing({2: new}), HERE, newer) == "from today"
    with pytest.raises(CannotOpen, match="version"):
        opened(KeyRing({1: old}), HERE, newer)


def test_another_version_s_number_does_not_make_it_open() -> None:
    keys = {1: new_key(), 2: new_key()}
    value = sealed(KeyRing(keys), HERE, "a note")
    with pytest.raises(CannotOpen):
        opened(KeyRing(keys), HERE, (1).to_bytes(4, "big") + value[4:])


def test_sealing_the_same_twice_looks_different() -> None:
    ring = KeyRing({1: new_key()})
    assert sealed(ring, HERE, "a note") != sealed(ring, HERE, "a note")


@pytest.mark.parametrize("size", [THREAD_FROM_BYTES - 1, THREAD_FROM_BYTES, 3_000_000])
async def test_large_values_open_too(size: int) -> None:
    ring, text = KeyRing({1: new_key()}), "ä" + "x" * (size - 2)
    value = await ring.seal(HERE, text)
    assert await ring.open(HERE, value) == text
    with pytest.raises(CannotOpen):
        await ring.open(Place("notes", "body", UUID(int=2)), value)


async def test_large_values_are_sealed_and_opened_beside_the_event_loop() -> None:
    """The loop turns while it is done: a timer of a millisecond fires many times."""
    ring, turns, done = KeyRing({1: new_key()}), 0, asyncio.Event()

    async def turn() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.create_task(turn())
    await asyncio.sleep(0)
    value = await ring.seal(HERE, "x" * 3_000_000)
    sealing, turns = turns, 0
    await ring.open(HERE, value)
    done.set()
    await turning
    assert min(sealing, turns) > 5


@settings(max_examples=50, deadline=None, database=None)
@given(bound=st.binary(max_size=40), other=st.binary(max_size=40))
def test_a_wrapped_key_unwraps_for_whom_it_was_wrapped(bound: bytes, other: bytes) -> None:
    master, key = new_key(), new_key()
    wrapped = wrap(master, key, bound)
    assert unwrap(master, wrapped, bound) == key
    assert key not in wrapped
    if other != bound:
        with pytest.raises(CannotOpen):
            unwrap(master, wrapped, other)
    with pytest.raises(CannotOpen):
        unwrap(new_key(), wrapped, bound)


def test_a_damaged_wrapped_key_does_not_unwrap() -> None:
    master, bound = new_key(), uuid4().bytes
    wrapped = wrap(master, new_key(), bound)
    assert len(wrapped) == 12 + KEY_BYTES + 16
    damaged = [bytes([*wrapped[:at], wrapped[at] ^ 1, *wrapped[at + 1 :]]) for at in range(len(wrapped))]
    for changed in (*damaged, *(wrapped[:end] for end in range(len(wrapped))), wrapped + b"\x00"):
        with pytest.raises(CannotOpen):
            unwrap(master, changed, bound)
