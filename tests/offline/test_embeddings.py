import asyncio
import math
import os
import subprocess
import sys

import pytest

from app.llm.port import Embedder
from app.offline.embeddings import DIMENSIONS, HashingEmbedder
from device.seed_texts import NOTES

# what somebody would ask, and the title of the note that answers it
QUERIES = (
    ("deployment checklist", "Deployment checklist"),
    ("how do we deploy: back up the database first", "Deployment checklist"),
    ("smoke tests before switching the traffic", "Deployment checklist"),
    ("what went wrong on staging", "Deployment notes: staging"),
    ("image built for arm64", "Deployment notes: staging"),
    ("why was the product search empty", "Deployment notes: staging"),
    ("docker build for linux amd64", "Deployment notes: staging"),
    ("kick-off meeting with Northwind", "Kick-off with Northwind"),
    ("old links must keep working", "Kick-off with Northwind"),
    ("log in before paying", "Kick-off with Northwind"),
    ("taste of the spring blends", "Spring blends"),
    ("citrus and nougat", "Spring blends"),
    ("interviews with drivers", "What drivers told us"),
    ("large buttons because of gloves", "What drivers told us"),
    ("when do we release the driver app", "Release and deployment of the driver app"),
    ("first ten per cent of the phones", "Release and deployment of the driver app"),
    ("what must stay of the brand", "What must stay"),
    ("where are the passwords", "Passwords and access"),
    ("who gives new people access", "Passwords and access"),
    ("exhibition of rejected logos", "Ideas"),
)


def near(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_the_right_note_is_the_nearest() -> None:
    embedder = HashingEmbedder()
    notes = await embedder.embed([f"{title}\n\n{content}" for _, title, content in NOTES])
    queries = await embedder.embed([query for query, _ in QUERIES])

    found = [NOTES[max(range(len(NOTES)), key=lambda place: near(query, notes[place]))][1] for query in queries]

    right = sum(title == wanted for title, (_, wanted) in zip(found, QUERIES, strict=True))
    assert right >= 0.9 * len(QUERIES)


async def test_forms_of_a_word_are_near_and_other_words_are_not() -> None:
    deploy, deployment, coffee = await HashingEmbedder().embed(
        ["deploy the shop", "deployment of shops", "taste of coffee"]
    )

    assert near(deploy, deployment) > 0.3
    assert near(deploy, deployment) > 5 * abs(near(deploy, coffee))


@pytest.mark.parametrize("text", ["", "   ", "!?", "the", "Grüße, 你好 🚀", "\ud800", "word " * 100_000])
async def test_every_text_has_a_vector_of_length_one(text: str) -> None:
    (vector,) = await HashingEmbedder().embed([text])

    assert len(vector) == DIMENSIONS
    assert math.isclose(math.hypot(*vector), 1.0, rel_tol=1e-6)


async def test_no_texts_have_no_vectors() -> None:
    assert await HashingEmbedder().embed([]) == []


async def test_accents_and_case_do_not_matter() -> None:
    one, other = await HashingEmbedder().embed(["MÜLLER", "muller"])

    assert one == other


def test_the_vector_is_the_same_in_every_process() -> None:
    code = (
        "import asyncio; from app.offline.embeddings import HashingEmbedder;"
        "print(asyncio.run(HashingEmbedder().embed(['Deploy the shop']))[0])"
    )
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    printed = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    here = asyncio.run(HashingEmbedder().embed(["Deploy the shop"]))[0]

    assert printed.stdout.strip() == str(here)


async def test_long_texts_do_not_hold_the_loop() -> None:
    embedding = asyncio.ensure_future(HashingEmbedder().embed(["many different words " * 300] * 4))
    turns = 0
    while not embedding.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 10


def test_it_is_an_embedder() -> None:
    assert isinstance(HashingEmbedder(), Embedder)
