"""Vectors of notes, kept by the client and searched there."""

import math
import random

from device.conformance import answers
from device.conformance.client import Client
from device.conformance.rule import Level, rule
from device.conformance.rules.fixtures import project
from device.conformance.tables import Row
from device.conformance.verdicts import require

Vector = list[float]


def _directions(client: Client, count: int) -> list[Vector]:
    """Random unit vectors: near nothing that the user has, and nearly at right angles to each other if they are long."""
    source, found = random.Random(), []  # noqa: S311 - nothing is secret about them
    for _ in range(count):
        raw = [source.gauss(0, 1) for _ in range(client.options.dimensions)]
        length = math.hypot(*raw)
        found.append([round(each / length, 6) for each in raw])
    return found


def _between(one: Vector, other: Vector, share: float) -> Vector:
    """On the way from one to the other."""
    return [round(a * (1 - share) + b * share, 6) for a, b in zip(one, other, strict=True)]


async def _note(client: Client, words: str, vector: Vector, project_id: str | None = None) -> str:
    """A note's id, stored with its vector."""
    belongs = {"projectId": project_id} if project_id else {}
    content = client.text(words)
    row = await client.insert("notes", title=client.text(words), content=content, **belongs)
    note_id = str(row["id"])
    data = {"id": note_id, "content": content, **belongs}
    answers.ok(await client.call("vector_upsert", data=data, vector=vector))
    return note_id


async def _nearest(client: Client, vector: Vector, limit: int, filters: Row | None = None) -> list[Row]:
    return answers.results(await client.call("vector_search", vector=vector, limit=limit, filters=filters))


@rule("vectors.upsert", "4", "`vector_upsert` answers `ok: true`.")
async def _upsert(client: Client) -> None:
    await _note(client, "note", _directions(client, 1)[0])


@rule("vectors.search", "4", "`vector_search` answers {id, content, score}, the nearest note first.")
async def _search(client: Client) -> None:
    north, east = _directions(client, 2)
    ours = await project(client)
    far = await _note(client, "far", east, ours)
    near = await _note(client, "near", _between(north, east, 0.1), ours)
    middle = await _note(client, "middle", _between(north, east, 0.4), ours)
    found = await _nearest(client, north, 3, {"projectId": ours})
    got = [each["id"] for each in found]
    require(got == [near, middle, far], "near, middle, far", [each.get("content") for each in found])
    wanted = client.text("near")
    require(found[0].get("content") == wanted, f"the note's content, {wanted!r}", found[0].get("content"))


@rule("vectors.score", "4", "`score` is larger for what is nearer.", level=Level.SHOULD)
async def _score(client: Client) -> None:
    north, east = _directions(client, 2)
    ours = await project(client)
    await _note(client, "far", _between(north, east, 0.8), ours)
    await _note(client, "near", _between(north, east, 0.1), ours)
    scores = [each["score"] for each in await _nearest(client, north, 2, {"projectId": ours})]
    require(len(scores) == 2 and scores[0] > scores[1], "a larger score for the nearer of two notes", scores)


@rule("vectors.limit", "4", "`vector_search` answers no more than `limit`.")
async def _limit(client: Client) -> None:
    north, east = _directions(client, 2)
    ids = [await _note(client, f"note {share}", _between(north, east, share)) for share in (0.0, 0.1, 0.2)]
    got = [each["id"] for each in await _nearest(client, north, 2)]
    require(got == ids[:2], "the nearest two for `limit: 2`", f"{len(got)}: {got}")


@rule("vectors.filters", "4", "`filters` of `vector_search` holds back what does not match.")
async def _filters(client: Client) -> None:
    north, east = _directions(client, 2)
    ours, other = await project(client, "ours"), await project(client, "other")
    await _note(client, "nearest, of another project", north, other)
    mine = await _note(client, "of our project", _between(north, east, 0.3), ours)
    got = [each["id"] for each in await _nearest(client, north, 5, {"projectId": ours})]
    require(got == [mine], "only the note of the project", f"{len(got)}: {got}")


@rule("vectors.replace", "4", "A second `vector_upsert` of a note replaces the first.")
async def _replace(client: Client) -> None:
    north, east = _directions(client, 2)
    ours = await project(client)
    moved = await _note(client, "moves", east, ours)
    stays = await _note(client, "stays", _between(north, east, 0.5), ours)
    # The note's text changes with its vector: `content` may come from either, the protocol does not say.
    content = client.text("moved")
    await client.update("notes", moved, content=content)
    data = {"id": moved, "projectId": ours, "content": content}
    answers.ok(await client.call("vector_upsert", data=data, vector=north))
    found = await _nearest(client, north, 5, {"projectId": ours})
    got = [(each["id"], each.get("content")) for each in found]
    require(got == [(moved, content), (stays, client.text("stays"))], "the moved note once, and now the nearest", got)


@rule("vectors.forget", "4", "A note that was deleted is not found by `vector_search`.", level=Level.SHOULD)
async def _forget(client: Client) -> None:
    north = _directions(client, 1)[0]
    note = await _note(client, "deleted", north)
    await client.delete("notes", note)
    got = [each["id"] for each in await _nearest(client, north, 3)]
    require(note not in got, "nothing of a deleted note: there is no other way to remove its vector", "the note")
