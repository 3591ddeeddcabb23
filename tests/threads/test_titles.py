"""How threads get their names."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest

from app.errors import Overloaded
from app.jobs.tasks import JobInfo
from app.threads.jobs import TITLE_RETRY, ThreadTitles
from app.threads.runs import Runs
from app.threads.titles import AskTitle, Titles, tidy
from tests.conftest import Cluster, Service, make_settings, running
from tests.factories.people import Person
from tests.factories.rows import dump
from tests.factories.threads import TOOL, a_run, a_thread, a_turn, answered, threads_of
from tests.threads.reading import thread


class Namer:
    """A model that names threads, and remembers what it was asked."""

    def __init__(self, title: str = "“Milk and bread”") -> None:
        self.title = title
        self.asked: list[tuple[UUID, str, str]] = []
        self.away = False
        self.going_on = asyncio.Event()
        self.going_on.set()

    async def __call__(self, user_id: UUID, message: str, answer: str) -> str:
        self.asked.append((user_id, message, answer))
        await self.going_on.wait()
        if self.away:
            raise Overloaded("No model answers.")
        return self.title


@pytest.fixture(scope="module")
async def quiet_service(
    cluster: Cluster, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """A service in which no job runs by itself."""
    name = f"titles_{worker_id}"
    cluster.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    async with running(
        make_settings(cluster.clone(name), tmp_path_factory.mktemp("titles")), with_worker=False
    ) as service:
        yield service
    cluster.drop(name)


@pytest.fixture
def runs(quiet_service: Service) -> Runs:
    return threads_of(quiet_service).runs


@pytest.fixture
async def eve(quiet_service: Service) -> Person:
    return await quiet_service.person()


def job(runs: Runs, ask: AskTitle) -> ThreadTitles:
    return ThreadTitles(Titles(runs._db, runs._vault, ask))


async def give(titles: ThreadTitles, person: Person, thread_id: UUID, *, attempt: int = 1) -> None:
    info = JobInfo(id=1, attempt=attempt, task="threads.title")
    await titles.give(info, user_id=await person.id(), thread_id=str(thread_id))


@pytest.fixture
def waiting(cluster: Cluster, worker_id: str) -> Callable[[UUID], int]:
    """How many jobs that name a thread are in line."""

    def count(thread_id: UUID) -> int:
        rows = dump(cluster.as_superuser(cluster.url(f"titles_{worker_id}")))["procrastinate_jobs"]
        return sum(row["task_name"] == "threads.title" and row["args"]["thread_id"] == str(thread_id) for row in rows)

    return count


async def test_a_thread_is_named_after_its_first_answer(service: Service, ada: Person) -> None:
    run = await a_turn(service, ada, "What is due\ntoday?", "Milk.")
    async with asyncio.timeout(15):
        while (await thread(ada, run.thread_id))["title"] is None:  # noqa: ASYNC110 - the worker does it
            await asyncio.sleep(0.05)
    assert (await thread(ada, run.thread_id))["title"] == "What is due"


async def test_it_is_asked_for_once_and_only_for_an_answer(
    quiet_service: Service, eve: Person, runs: Runs, waiting: Callable[[UUID], int]
) -> None:
    run = await a_run(quiet_service, eve)
    assert waiting(run.thread_id) == 0
    assert await runs.finish(run, answered("x", "", status="failed", error_code="model_timeout"))
    await a_turn(quiet_service, eve, answer="   ", thread_id=run.thread_id)
    assert waiting(run.thread_id) == 0
    for _ in range(3):
        await a_turn(quiet_service, eve, thread_id=run.thread_id)
    assert waiting(run.thread_id) == 1
    named = await a_run(quiet_service, eve)
    await eve.request("PATCH", f"/threads/{named.thread_id}", json={"title": "Mine"})
    assert await runs.finish(named, answered("x", "y"))
    assert waiting(named.thread_id) == 0


async def test_the_first_question_and_its_answer_are_what_the_model_is_asked_about(
    quiet_service: Service, eve: Person, runs: Runs
) -> None:
    namer = Namer()
    first = await a_turn(quiet_service, eve, "Buy milk", "Done.", with_tool=f"{TOOL} said so")
    await a_turn(quiet_service, eve, "Something else", "Yes.", thread_id=first.thread_id)
    for _ in range(2):
        await give(job(runs, namer), eve, first.thread_id)
    assert namer.asked == [(first.user_id, "Buy milk", "Done.")]
    assert (await thread(eve, first.thread_id))["title"] == "Milk and bread"


async def test_a_title_the_user_sets_meanwhile_stays(quiet_service: Service, eve: Person, runs: Runs) -> None:
    namer, thread_id = Namer(), await a_thread(quiet_service, eve)
    namer.going_on.clear()
    naming = asyncio.create_task(give(job(runs, namer), eve, thread_id))
    async with asyncio.timeout(20):
        while not namer.asked:  # noqa: ASYNC110 - it happens in the task
            await asyncio.sleep(0.01)
    # No connection is held meanwhile: that the rename gets its row says so.
    await eve.request("PATCH", f"/threads/{thread_id}", json={"title": "Mine"})
    namer.going_on.set()
    await naming
    assert (await thread(eve, thread_id))["title"] == "Mine"


async def test_a_thread_that_is_gone_needs_no_name(quiet_service: Service, eve: Person, runs: Runs) -> None:
    namer = Namer()
    await give(job(runs, namer), eve, uuid4())
    assert namer.asked == []


async def test_when_no_model_answers_to_the_last_the_users_words_are_the_title(
    quiet_service: Service, eve: Person, runs: Runs
) -> None:
    namer = Namer()
    namer.away = True
    run = await a_turn(quiet_service, eve, "Buy milk", "Done.")
    with pytest.raises(Overloaded):
        await give(job(runs, namer), eve, run.thread_id)
    assert (await thread(eve, run.thread_id))["title"] is None
    await give(job(runs, namer), eve, run.thread_id, attempt=TITLE_RETRY.attempts)
    assert (await thread(eve, run.thread_id))["title"] == "Buy milk"


@pytest.mark.parametrize("nothing", ["", " \n ", '""', "***"])
async def test_a_model_that_says_nothing_leaves_the_users_words(
    quiet_service: Service, eve: Person, runs: Runs, nothing: str
) -> None:
    run = await a_turn(quiet_service, eve, "Buy milk", "Done.")
    await give(job(runs, Namer(nothing)), eve, run.thread_id)
    assert (await thread(eve, run.thread_id))["title"] == "Buy milk"


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ('"Plans for May"', "Plans for May"),
        ("«Планы на май»\n\nI chose this because…", "Планы на май"),
        ("\n# **Plans  for\tMay**", "Plans for May"),
        ("Ada's plans", "Ada's plans"),
        ("bell\u0007 and \u202eback", "bell and back"),
        ("word " * 40, ("word " * 16).strip() + "…"),
        ("x" * 200, "x" * 79 + "…"),
        ("x" * 80, "x" * 80),
        ("会" * 100, "会" * 79 + "…"),
    ],
)
def test_a_title_is_one_short_line(said: str, title: str) -> None:
    assert tidy(said) == title
    assert len(tidy(said)) <= 80
