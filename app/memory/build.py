"""Memory, put together once in a process."""

from dataclasses import dataclass

from app.billing.token_budget import TokenBudget
from app.jobs.schedule import Periodic
from app.jobs.tasks import Task
from app.keys.vault import KeyVault
from app.kit.clock import Clock
from app.kit.db import Database
from app.kit.system_db import SystemDatabase
from app.llm.port import ChatModel, Embedder
from app.memory.by_model.asking import Asking, IsPrivate
from app.memory.by_model.extracting import ModelExtractor
from app.memory.by_model.reflecting import ModelReflector
from app.memory.by_model.summing_up import ModelSummarizer
from app.memory.by_rules.extracting import RuleExtractor
from app.memory.by_rules.reflecting import RuleReflector
from app.memory.by_rules.summing_up import RuleSummarizer
from app.memory.deps import MemoryServices
from app.memory.embedding import EMBED_TASK, Embedding
from app.memory.limits import MemoryLimits
from app.memory.memories import Memories
from app.memory.overdue import Overdue
from app.memory.pruning import MemoryPrune
from app.memory.reflecting import REFLECT_RETRY, REFLECT_TASK, Reflecting
from app.memory.remembering import REMEMBER_RETRY, Makers, Remembering
from app.memory.stores import Stores
from app.memory.vectors import Vectors
from app.threads.finishing import REMEMBER_TASK


@dataclass(frozen=True)
class MemoryParts:
    services: MemoryServices
    tasks: list[Task]
    periodic: list[Periodic]

    @property
    def memories(self) -> Memories:
        return self.services.memories


def built(
    *,
    db: Database,
    system: SystemDatabase,
    vault: KeyVault,
    clock: Clock,
    model: ChatModel,
    embedder: Embedder,
    embedding_model: str,
    is_private: IsPrivate,
    limits: MemoryLimits,
) -> MemoryParts:
    """`model`: the small one; where it is free it is the offline one, and rules do its work. `is_private`: does a text hold
    our prompts or keys?"""
    stores = Stores(db, vault, Vectors(embedder, embedding_model), clock, limits)
    asking = Asking(model, TokenBudget(db, clock))
    by_rules = Makers(RuleExtractor(), RuleSummarizer())
    by_model = Makers(ModelExtractor(asking, is_private, limits), ModelSummarizer(asking, is_private, limits))
    remembering = Remembering(stores, by_rules if model.is_free else by_model, by_rules)
    embedding = Embedding(stores, system)
    rules = RuleReflector()
    reflector = rules if model.is_free else ModelReflector(asking, is_private)
    reflecting = Reflecting(system, stores, reflector, rules)
    prune = MemoryPrune(system, clock, limits)
    return MemoryParts(
        services=MemoryServices(Memories(stores)),
        tasks=[
            Task(REMEMBER_TASK, remembering.remember, REMEMBER_RETRY),
            Task(EMBED_TASK, embedding.one),
            Task(REFLECT_TASK, reflecting.one, REFLECT_RETRY),
        ],
        periodic=[
            Periodic(Task("memory.find_overdue", Overdue(system, clock).start_again), cron="27,57 * * * *"),
            Periodic(Task("memory.find_unembedded", embedding.start), cron="7 * * * *"),
            Periodic(Task("memory.reflect", reflecting.start), cron="37 2 * * *"),
            Periodic(Task("memory.prune", prune.prune), cron="47 3 * * *"),
        ],
    )
