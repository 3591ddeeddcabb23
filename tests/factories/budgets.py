"""The month's tokens of a person, without a model that uses them."""

from uuid import UUID

from app.billing.token_budget import TokenBudget
from app.kit.db import Database
from app.threads.records import OpenedRun, Outcome
from app.threads.runs import Runs
from tests.conftest import Service
from tests.factories.people import Person
from tests.factories.threads import a_run, threads_of


def database_of(service: Service) -> Database:
    return threads_of(service).runs._db


def budget_of(service: Service) -> TokenBudget:
    return TokenBudget(database_of(service), service.clock)


async def ended(runs: Runs, budget: TokenBudget, run: OpenedRun, input_tokens: int, output_tokens: int = 0) -> bool:
    """End a turn, which has used so much."""
    turn = budget.of_turn(run.user_id, run.id)
    outcome = Outcome("completed", input_tokens=input_tokens, output_tokens=output_tokens)
    return await runs.finish(run, outcome, spent=turn.spent(input_tokens, output_tokens))


async def used(service: Service, person: Person, tokens: int) -> UUID:
    """Have the person use so many tokens in one turn; their id."""
    run = await a_run(service, person)
    assert await ended(threads_of(service).runs, budget_of(service), run, tokens)
    return run.user_id
