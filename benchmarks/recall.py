"""How well the memory recalls: four people's conversations of several months, then 200 questions."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import psycopg

from app.keys.master_keys import MasterKeys
from app.kit.db import Database
from app.logging import set_up_logging
from app.memory.by_rules.extracting import RuleExtractor
from app.memory.limits import MemoryLimits
from app.offline.embeddings import HashingEmbedder
from benchmarks.ground import BenchmarkDatabase, Ground
from benchmarks.people import Someone, populate
from benchmarks.recall_cases import Speaker, speakers
from benchmarks.recall_judge import WHYS, Verdict, judged, junk_among, tells_any, why_missed
from benchmarks.recall_life import Service
from benchmarks.recall_ways import Way, as_stored, as_told, exact, kept, unmerged
from benchmarks.report import Goal, Report

ABOUT = "questions whose answer is among the 8 memories found for them, by rules and offline embeddings"
STORED = "as stored (rotated, bits, halfvec)"
EXACT = "exact, neither rotated nor rounded"
UNMERGED = "exact, nothing merged or replaced"
TOLD = "all facts a turn is told"
WAYS = (STORED, EXACT, UNMERGED, TOLD)
FEW = f"nobody has {MemoryLimits.among} memories here: sign bits leave none out, only rotation and halfvec are compared"
NEAR_ENOUGH, MOST_JUNK = 0.5, 20.0  # points, per cent


@dataclass
class Found:
    """Of everybody, one way."""

    verdicts: list[Verdict] = field(default_factory=list)
    memories: int = 0
    outdated: int = 0  # memories of what is not true any more
    junk: list[str] = field(default_factory=list)
    people: dict[str, list[Verdict]] = field(default_factory=dict)
    missed: list[tuple[str, Verdict]] = field(default_factory=list)  # and why

    def add(self, speaker: Speaker, verdicts: Sequence[Verdict], texts: Sequence[str]) -> None:
        self.verdicts += verdicts
        self.people[speaker.name] = list(verdicts)
        self.memories += len(texts)
        self.outdated += sum(_is_outdated(speaker, text) for text in texts)
        self.junk += junk_among(speaker, texts)
        self.missed += [(why_missed(speaker, each, texts), each) for each in verdicts if not each.is_recalled]

    @property
    def recall(self) -> float:
        return _percent(each.is_recalled for each in self.verdicts)

    @property
    def junk_rate(self) -> float:
        return 100 * len(self.junk) / max(1, self.memories)

    def row(self, name: str) -> list[str]:
        kinds = [[each for each in self.verdicts if each.question.kind == kind] for kind in ("words", "stems", "hard")]
        first = f"{_percent(each.holds_first for each in self.verdicts):.1f}"
        return [
            name,
            f"{self.recall:.1f}",
            *(f"{_percent(each.is_recalled for each in kind):.1f}" for kind in kinds),
            f"{_percent(each.holds for each in self.verdicts):.1f}",
            f"{_percent(each.is_stale for each in self.verdicts):.1f}",
            "-" if name == TOLD else first,
            f"{self.memories} ({self.outdated})",
            f"{self.junk_rate:.1f}",
        ]


COLUMNS = [
    "",
    "recall@8 %",
    "words",
    "stems",
    "hard",
    "found at all %",
    "outdated too %",
    "recall@1 %",
    "memories (outdated)",
    "junk %",
]


def run(ground: Ground) -> Report:
    set_up_logging(level="warning", as_json=True)
    with ground.database("recall") as database:
        _commit_lightly(database)
        master_keys, everybody = MasterKeys.make(), speakers()
        people = populate(database, len(everybody), master_keys)
        found = asyncio.run(_measured(database, master_keys, list(zip(everybody, people, strict=True))))
    notes = [
        _summed_up(found[STORED]),
        _by_person(found[STORED]),
        FEW,
        *(_in_detail(found) if ground.verbose else ["--verbose shows each of them"]),
    ]
    return Report("recall", ABOUT, COLUMNS, [found[way].row(way) for way in WAYS], list(_goals(found)), notes)


def _commit_lightly(database: BenchmarkDatabase) -> None:
    """Quality is measured here, not time: nothing waits for the disk."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE recall SET synchronous_commit = off")


async def _measured(
    database: BenchmarkDatabase, master_keys: str, everybody: Sequence[tuple[Speaker, Someone]]
) -> dict[str, Found]:
    found = {way: Found() for way in WAYS}
    async with AsyncExitStack() as stack:
        db = Database(database.url)
        stack.push_async_callback(db.close)
        await db.open()
        past_the_walls = await psycopg.AsyncConnection.connect(database.superuser_url, autocommit=True)
        stack.push_async_callback(past_the_walls.close)
        service = Service.over(db, past_the_walls, HashingEmbedder(), master_keys)
        for speaker, someone in everybody:
            await _one(service, speaker, someone, found)
    return found


async def _one(service: Service, speaker: Speaker, someone: Someone, found: dict[str, Found]) -> None:
    turns = await service.live(speaker, someone.id)
    texts = await kept(service.memories, someone.id)
    apart = await unmerged(RuleExtractor(), someone.id, turns)
    embedder = HashingEmbedder()
    ways: dict[str, tuple[Way, Sequence[str]]] = {
        STORED: (as_stored(service.memories, someone.id), texts),
        EXACT: (await exact(embedder, texts), texts),
        UNMERGED: (await exact(embedder, apart), apart),
        TOLD: (as_told(service.memories, someone.id), texts),
    }
    for name, (way, held) in ways.items():
        verdicts = [judged(speaker, question, await way(question.asks)) for question in speaker.questions]
        found[name].add(speaker, verdicts, held)


def _goals(found: dict[str, Found]) -> Iterator[Goal]:
    apart = found[EXACT].recall - found[STORED].recall
    sentence = f"rotation and rounding cost at most {NEAR_ENOUGH} points of recall@8"
    yield Goal(sentence, f"{apart:.1f}", abs(apart) <= NEAR_ENOUGH)
    junk = found[STORED].junk_rate
    yield Goal(f"at most {MOST_JUNK:.0f} % of the memories are of no use", f"{junk:.1f} %", junk <= MOST_JUNK)


def _summed_up(found: Found) -> str:
    whys = Counter(why for why, _ in found.missed)
    return f"{len(found.missed)} questions are not answered: " + ", ".join(f"{whys[why]} {why}" for why in WHYS)


def _by_person(found: Found) -> str:
    shares = {name: _percent(each.is_recalled for each in verdicts) for name, verdicts in found.people.items()}
    return "recall@8 % of each: " + ", ".join(f"{name} {share:.1f}" for name, share in shares.items())


def _in_detail(found: dict[str, Found]) -> Iterator[str]:
    for why, verdict in found[STORED].missed:
        yield f"{why} ({verdict.question.kind}): {verdict.question.asks}"
        yield f"    expected {', '.join(verdict.question.expects)}; got {_flat(' | '.join(verdict.found)) or 'nothing'}"
    for text in found[STORED].junk:
        yield f"junk: {_flat(text)}"


def _is_outdated(speaker: Speaker, text: str) -> bool:
    current = speaker.worths.keys() - speaker.outdated
    return tells_any(text, speaker, speaker.outdated) and not tells_any(text, speaker, current)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _percent(of: Iterator[bool]) -> float:
    held = list(of)
    return 100 * sum(held) / max(1, len(held))
