from tests.device.conftest import Tables


async def _note(tables: Tables, title: str, vector: list[float], **columns: str) -> str:
    note = await tables.insert("notes", title=title, content=f"about {title}", **columns)
    data = {"id": note["id"], "content": note["content"]}
    assert await tables.call("vector_upsert", data=data, vector=vector) == {"ok": True}
    return str(note["id"])


async def test_the_nearest_notes_come_first_with_their_cosine(tables: Tables) -> None:
    await _note(tables, "east", [1, 0])
    await _note(tables, "north-east", [5, 5])
    await _note(tables, "west", [-2, 0])
    results = (await tables.call("vector_search", vector=[3.0, 0.0], limit=3))["results"]
    assert [(each["content"], round(each["score"], 3)) for each in results] == [
        ("about east", 1.0), ("about north-east", 0.707), ("about west", -1.0)
    ]  # fmt: skip
    assert len((await tables.call("vector_search", vector=[3.0, 0.0], limit=1))["results"]) == 1


async def test_a_second_upsert_replaces_the_first(tables: Tables) -> None:
    note = await _note(tables, "moved", [1, 0])
    await tables.call("vector_upsert", data={"id": note, "content": "x"}, vector=[0, 1])
    (result,) = (await tables.call("vector_search", vector=[0, 1], limit=5))["results"]
    assert (result["id"], round(result["score"], 3)) == (note, 1.0)


async def test_a_search_stays_within_its_filters(tables: Tables) -> None:
    project = await tables.insert("projects", name="P")
    inside = await _note(tables, "inside", [0.5, 1], projectId=project["id"])
    outside = await _note(tables, "outside", [1, 0])

    async def found(**filters: str | None) -> list[str]:
        results = (await tables.call("vector_search", vector=[1, 0], limit=5, filters=filters))["results"]
        return [each["id"] for each in results]

    assert await found() == [outside, inside]
    assert await found(projectId=project["id"]) == [inside]
    assert await found(projectId=None) == [outside]


async def test_a_search_tells_what_the_note_says_now(tables: Tables) -> None:
    note = await _note(tables, "old", [1, 0])
    await tables.call("update", table="notes", data={"id": note, "updates": {"content": "new"}})
    (result,) = (await tables.call("vector_search", vector=[1, 0], limit=5))["results"]
    assert result["content"] == "new"


async def test_a_deleted_note_is_not_found_any_more(tables: Tables) -> None:
    note = await _note(tables, "gone", [1, 0])
    await tables.call("delete", table="notes", data={"id": note})
    assert await tables.call("vector_search", vector=[1, 0], limit=5) == {"results": []}
    assert tables.database.count("vectors") == 0


async def test_a_vector_of_another_dimension_is_refused(tables: Tables) -> None:
    note = await _note(tables, "flat", [1, 0])
    for answer in (
        await tables.call("vector_upsert", data={"id": note, "content": "c"}, vector=[1, 0, 0]),
        await tables.call("vector_search", vector=[1, 0, 0], limit=1),
    ):
        assert answer == {"error": "vector has 3 dimensions, but the vectors on this device have 2."}


async def test_a_vector_of_zeros_is_like_nothing(tables: Tables) -> None:
    await _note(tables, "empty", [0, 0])
    (result,) = (await tables.call("vector_search", vector=[1, 0], limit=5))["results"]
    assert result["score"] == 0.0


async def test_huge_numbers_do_not_overflow(tables: Tables) -> None:
    await _note(tables, "far", [3e38, 3e38])
    (result,) = (await tables.call("vector_search", vector=[1e-40, 1e-40], limit=5))["results"]
    assert round(result["score"], 3) == 1.0


async def test_equals_come_in_the_same_order_each_time(tables: Tables) -> None:
    notes = sorted([await _note(tables, str(number), [1, 0]) for number in range(20)])
    results = (await tables.call("vector_search", vector=[1, 0], limit=20))["results"]
    assert [each["id"] for each in results] == notes
