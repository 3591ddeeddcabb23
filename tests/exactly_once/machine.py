"""Everything that can happen to a change and its device, in any order, as a state machine."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from websockets.exceptions import ConnectionClosed

from device import DeviceError, Levers
from tests.exactly_once.witness import Change, check, ledger
from tests.exactly_once.world import Loop, Served, World


class Ground:
    """What all runs of a machine share: the loop, the service and its database."""

    def __init__(self, loop: Loop, served: Served, http: httpx.AsyncClient, superuser_url: str, homes: Path) -> None:
        self.loop, self.served, self.http = loop, served, http
        self.superuser_url, self.homes = superuser_url, homes


class ExactlyOnce(RuleBasedStateMachine):
    """Two people with a device each. After any number of accidents, every change has happened once or not at all, as its
    asker was told, and the ledger and the device's journal agree."""

    ground: Ground
    journal = "kept"  # or "taken out"

    def __init__(self) -> None:
        super().__init__()
        ground = self.ground
        self.run = ground.loop.run
        self.levers = Levers(without_journal=self.journal == "taken out")
        self.ada = World(ground.served, ground.homes / uuid4().hex, ground.http, self.levers)
        self.bob = World(ground.served, ground.homes / uuid4().hex, ground.http)

    @initialize()
    def both_are_online(self) -> None:
        self.run(self.ada.begin())
        self.run(self.bob.begin())

    # What people do

    @rule()
    def insert(self) -> None:
        tag = self.ada.tag()
        self.run(self.ada.ask("insert", tag, data={"title": tag}))

    @rule()
    def insert_for_bob(self) -> None:
        tag = self.bob.tag()
        self.run(self.bob.ask("insert", tag, data={"title": tag}))

    @rule(which=st.integers(0, 100))
    def update(self, which: int) -> None:
        tag = self.ada.tag()
        for row in self.one_of_the_rows(which):
            self.run(self.ada.ask("update", tag, data={"id": row["id"], "updates": {"description": tag}}))

    @rule(which=st.integers(0, 100))
    def delete(self, which: int) -> None:
        for row in self.one_of_the_rows(which):
            self.run(self.ada.ask("delete", row["title"], data={"id": row["id"]}))

    @rule()
    def ask_for_what_the_device_refuses(self) -> None:
        tag = self.ada.tag()
        self.run(self.ada.ask("insert", tag, data={"title": tag, "status": "nonsense"}))

    @rule()
    def wait_for_the_answers(self) -> None:
        self.run(self.ada.answered())

    def wait_for_the_effect(self) -> None:
        """For paths that are walked by hand."""
        deadline = time.monotonic() + 10
        while not self.ada.witness.effects() and time.monotonic() < deadline:
            time.sleep(0.01)

    # What breaks

    @rule()
    def the_connection_is_cut(self) -> None:
        self.ada.device.cut()

    @rule(times=st.integers(1, 2))
    def it_is_cut_before_the_effect(self, times: int) -> None:
        self.levers.cut_before = times

    @rule(times=st.integers(1, 2))
    def it_is_cut_after_the_effect(self, times: int) -> None:
        self.levers.cut_after = times

    @rule()
    def an_answer_is_forgotten(self) -> None:
        self.levers.forget = 1

    @rule(copies=st.integers(0, 2))
    def answers_come_in_copies(self, copies: int) -> None:
        self.levers.duplicate = copies

    @rule(held=st.integers(0, 2))
    def answers_are_reordered(self, held: int) -> None:
        self.levers.reorder = held

    @rule(seconds=st.sampled_from([0.0, 0.05, 0.7]))
    def the_device_is_slow(self, seconds: float) -> None:
        self.levers.slow_after_s = seconds

    @rule()
    def the_device_is_restarted(self) -> None:
        self.run(self.ada.device.restart())

    @rule()
    def the_service_is_killed_and_started(self) -> None:
        self.run(self.ground.served.kill())
        self.run(self.ground.served.start())

    @rule()
    def bob_answers_for_ada(self) -> None:
        forged = {"type": "tool_result", "row": {"id": "stolen"}, "deleted": True}
        self.run(_send(self.bob, [{**forged, "id": call_id} for call_id in self.ada.open_calls()]))

    @rule()
    def an_old_answer_comes_again(self) -> None:
        self.run(_send(self.ada, self.ada.witness.answers()[:3]))

    # What must hold

    def teardown(self) -> None:
        if not hasattr(self.ada, "device"):
            return
        try:
            for world in (self.ada, self.bob):
                self.run(world.quiet(lambda world=world: "pending" in self._ledger(world).values()))
                check(world.changes, world.witness, self._ledger(world))
                self._nothing_is_anybody_elses(world)
        finally:
            self.run(self.ada.end())
            self.run(self.bob.end())

    def _ledger(self, world: World) -> dict[str, str]:
        return ledger(self.ground.superuser_url, world.user_id)

    def _nothing_is_anybody_elses(self, world: World) -> None:
        for row in world.device.store.rows("tasks"):
            assert row["title"].startswith(world.user_id[:8])
        for change in world.changes:
            if change.told == 200 and change.answer is not None:
                assert "stolen" not in str(change.answer)

    def one_of_the_rows(self, which: int) -> list[dict[str, Any]]:
        """One that is known to be there; none when nothing has been answered yet. (Not a precondition: what is there depends
        on time, and Hypothesis replays.)"""
        rows = self.rows()
        return [rows[which % len(rows)]] if rows else []

    def rows(self) -> list[dict[str, Any]]:
        done = [each for each in self.ada.changes if each.told == 200 and each.action == "insert"]
        gone = {each.tag for each in self.ada.changes if each.action == "delete"}
        return [_row(change) for change in done if change.tag not in gone]


async def _send(world: World, frames: list[dict[str, Any]]) -> None:
    with suppress(ConnectionClosed, DeviceError):  # it is not connected at this moment
        for frame in frames:
            await world.device.send(frame)


def _row(change: Change) -> dict[str, Any]:
    assert change.answer is not None
    row: dict[str, Any] = change.answer["row"]
    return row
