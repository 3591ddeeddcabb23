"""Remembering without a model: facts with what they replace, summaries of sessions, patterns."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.memory.by_rules import RuleExtractor, RuleReflector, RuleSummarizer
from app.memory.ports import Episode, Fact, Known, KnownPattern, Note, Pattern, Said, Touched

USER = uuid4()
MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
LONGEST_NOTE, LONGEST_SUMMARY = 300, 1_200


def said(message: str, *touched: Touched, recalled: tuple[str, ...] = ()) -> Said:
    return Said(
        run_id=uuid4(), session="s", at=MONDAY, message=message, recalled=recalled,
        touched=touched,
    )  # fmt: skip


def row(name: str, entity_type: str = "task", entity_id: str = "1") -> Touched:
    return Touched(entity_type=entity_type, entity_id=entity_id, name=name)


def known(text: str) -> Known:
    return Known(uuid4(), "associative", None, text)


async def facts(turn: Said, *there: Known) -> list[Fact]:
    return await RuleExtractor().facts(USER, turn, there)


# Facts


async def test_facts_come_from_the_users_words_alone() -> None:
    turn = said("I live in Rome.", recalled=("I'm vegan.",))

    assert await facts(turn) == [Fact(text="Rome", key="home")]


async def test_what_was_recalled_is_no_fact_when_it_is_said_again() -> None:
    assert await facts(said("The launch is on 3 March, right.", recalled=("The launch is on 3 March, right?",))) == []


@pytest.mark.parametrize(
    "message",
    [
        "Got this from Bob:\nI live in Oslo now. Call me Bobby.",
        "FYI from the landlord:\n\nI moved to Oslo. My manager is Eva.",
        "What do you think of this?\n\nMy name is Carl and I prefer short answers.",
        "please sum up\n\nThe Acme launch is on 3 March. I'm vegan.",
        "Translate this\nI'm allergic to nuts.\nI live in Oslo.",
        "Translate: I live in Oslo",
        "Proofread: I live in Oslo and I work at Evil Corp",
    ],
)
async def test_a_pasted_text_says_nothing_of_the_user(message: str) -> None:
    note = await RuleSummarizer().note(USER, said(message))

    assert await facts(said(message)) == []
    assert note == "Shared a text." or note.startswith("Asked")


async def test_a_list_that_is_to_be_remembered_is_the_users() -> None:
    told = await facts(said("Remember the following:\n- I live in Oslo.\n- I'm vegan."))

    assert told == [Fact(text="Oslo", key="home"), Fact(text="vegan", key="diet")]


class Watched(str):
    """A message that knows on which threads it was read."""

    __slots__ = ("threads",)
    threads: set[int]

    def splitlines(self, keepends: bool = False) -> list[str]:  # the string's
        self.threads.add(threading.get_ident())
        return super().splitlines(keepends)


def watched(text: str) -> Watched:
    message = Watched(text)
    message.threads = set()
    return message


@pytest.mark.parametrize(
    ("text", "recalled", "is_long"),
    [
        ("I live in Rome.", (), False),
        ("Hi\n" * 2_000, (), True),
        ("I live in Rome.", ("The launch is on 3 March. " * 10,) * 3, True),
        ("I live in Rome. " * 20, ("The launch is on 3 March. " * 10,), True),
    ],
    ids=["short", "a long message", "much recalled", "long together"],
)
async def test_a_long_turn_is_read_beside_the_loop(text: str, recalled: tuple[str, ...], is_long: bool) -> None:
    here = threading.get_ident()
    for_facts, for_note = watched(text), watched(text)

    await facts(said(for_facts, recalled=recalled))
    await RuleSummarizer().note(USER, said(for_note, recalled=recalled))

    assert [here not in each.threads for each in (for_facts, for_note)] == [is_long, is_long]
    assert for_facts.threads
    assert for_note.threads


async def test_of_two_values_for_one_slot_the_last_is_meant() -> None:
    assert await facts(said("I live in Rome. No, sorry, I moved to Milan.")) == [Fact(text="Milan", key="home")]


async def test_a_fact_belongs_to_the_touched_row_it_names() -> None:
    turn = said(
        "The Acme launch is on 3 March.",
        row("Acme", "project", "p1"),
        row("Acme launch", "timeline", "t1"),
        row("Milk"),
    )

    (fact,) = await facts(turn)

    assert (fact.entity_type, fact.entity_id) == ("timeline", "t1")


async def test_a_fact_that_names_no_touched_row_belongs_to_none() -> None:
    (fact,) = await facts(said("The Acme launch is on 3 March.", row("Acme launches"), row("")))

    assert (fact.entity_type, fact.entity_id) == (None, None)


REPLACED = [
    ("The Acme launch is on 3 March.", "The Acme launch moved to 10 March"),
    ("The Acme launch is on 3 March.", "The Acme launch has moved to 10 March"),
    ("The Acme launch is on 3 March.", "The Acme launch has just slipped to 10 March."),
    ("The Acme launch is on 3 March.", "The launch has been pushed back to 10 March."),
    ("The Acme launch is on 3 March.", "The Acme launch is now on 10 March instead of 3 March."),
    ("The Acme launch is on 3 March.", "The Acme launch is on March 3rd at 10:00 in Berlin."),
    ("The release is on Monday.", "The release moved from Monday to Thursday."),
    ("Acme's contact is Jon Miller.", "Acme's contact is Ann Lee."),
    ("We deploy on Fridays.", "We now deploy on Tuesdays."),
    ("Jon is on parental leave until May.", "Jon is on parental leave until June."),
    ("Acme uses Slack.", "Acme no longer uses Slack."),
    ("The budget is 20k.", "The budget is 25k."),
    ("The Acme project is on hold.", "The Acme project is active again since Monday."),
    ("I charge Acme 80 euros.", "I charge Acme 95 euros."),
    ("The weekly is on Tuesdays at 3.", "We've moved our weekly to Thursdays."),
    ("We have our standup at 9:30 every day.", "The standup is at 10 now, not 9:30."),
    ("We moved the launch of Acme to 10 March.", "Bad news: the Acme launch has been moved, it's on 17 March now."),
    ("The campaign runs in October.", "The campaign starts in November instead of October."),
    ("Jon is on parental leave until May, Ann stands in.", "Jon is back from leave."),
    ("My contact at Acme is Ann Lee.", "Ann has left, my contact at Acme is Jon Wik now."),
    ("The contact at Acme is Ann Lee.", "Ben Ode is the contact at Acme now."),
    ("The budget for marketing is 60k.", "The marketing budget has been cut to 40k."),
    ("Ahmed handles the travel bookings.", "Rita handles the travel bookings now."),
    ("Carla leads the design team.", "From July on Mo leads the design team."),
    ("We use Slack.", "We've switched from Slack to Teams."),
    ("Our landlord doesn't allow pets.", "Our landlord allows pets now."),
    ("The party is in the old hall.", "The party moved to the harbour."),
    ("I charge 80 euros an hour.", "I charge 95 euros an hour."),
    ("We meet Acme every Monday.", "We meet Acme on Tuesdays now."),
]
BESIDE = [
    ("The Acme launch is on 3 March.", "The Acme launch party is on 10 March."),
    ("The Acme launch is on 3 March.", "The Beta launch is on 10 March."),
    ("Jon is in Rome on Monday.", "Jon is in Milan on Tuesday."),
    ("Acme uses Slack.", "Acme uses Teams."),
    ("Jon is our designer.", "Jon is on leave until May."),
    ("Jon has two kids.", "Jon has a dog and 3 cats."),
    ("My flight to Berlin is on Friday.", "My flight to Rome is on Monday."),
    ("We decided to drop the mobile app.", "We decided to hire Ann."),
    ("We meet Acme on Mondays.", "We meet Beta on Tuesdays."),
    ("Jon is our designer.", "Ann is our designer."),
    ("Ahmed handles the travel bookings.", "Rita handles the travel bookings."),
    ("The March invoice is open.", "The April invoice is paid."),
    ("The shop is in Rome.", "The shop is on Main Street."),
    ("We use Slack.", "We've switched from Jira to Linear."),
    ("The deadline for the brochure is 12 May.", "The deadline for the website is 20 May."),
]


@pytest.mark.parametrize(("before", "now"), REPLACED)
async def test_a_statement_replaces_the_one_it_contradicts_or_says_better(before: str, now: str) -> None:
    earlier, other = known(before), known("We decided to hire Ann.")

    (fact,) = await facts(said(now), other, earlier)

    assert fact.replaces == (earlier.id,)


@pytest.mark.parametrize(("before", "now"), BESIDE)
async def test_statements_that_can_both_hold_stand_beside_each_other(before: str, now: str) -> None:
    assert [fact.replaces for fact in await facts(said(now), known(before))] == [()]


async def test_a_statement_that_contradicts_core_memory_takes_its_key() -> None:
    earlier = Known(uuid4(), "core", "lunch break", "at 12:00")

    (fact,) = await facts(said("We moved our lunch break to 13:00."), earlier)

    assert (fact.key, fact.text) == ("lunch break", "We moved our lunch break to 13:00.")


@pytest.mark.parametrize(
    ("key", "value", "now", "text"),
    [
        ("home", "Rome", "My home is Oslo", "Oslo"),
        ("manager", "Eva", "The manager is Tom.", "Tom"),
        ("manager", "Eva", "Tom is the manager now.", "Tom"),
        ("project code name", "Bluebird", "The project code name is now Redwing.", "Redwing"),
        ("when deploys happen", "on Tuesdays", "Deploys happen on Thursdays.", "on Thursdays"),
        ("where the party is", "in the old hall", "The party is now in the harbour.", "in the harbour"),
        ("acme launch", "on 3 March", "The Acme launch has moved to 10 March.", "10 March"),
    ],
)
async def test_of_what_contradicts_core_memory_only_the_value_goes_under_its_key(
    key: str, value: str, now: str, text: str
) -> None:
    (fact,) = await facts(said(now), Known(uuid4(), "core", key, value))

    assert (fact.key, fact.text) == (key, text)


@pytest.mark.parametrize(
    ("key", "value", "now"),
    [
        ("code name", "Redwing", "Remember that the code name is now Redwing"),
        ("standup needs projector", "The standup needs a projector.", "Remember that the standup needs a projector"),
    ],
)
async def test_what_core_memory_says_already_is_no_second_memory(key: str, value: str, now: str) -> None:
    assert await facts(said(now), Known(uuid4(), "core", key, value)) == [Fact(text=value, key=key)]


async def test_a_statement_in_core_memory_is_replaced_by_one_that_contradicts_it() -> None:
    earlier = Known(uuid4(), "core", "standup needs projector", "The standup needs a projector.")

    (fact,) = await facts(said("The standup no longer needs a projector."), earlier)

    assert (fact.key, fact.text) == (earlier.key, "The standup no longer needs a projector.")


@pytest.mark.parametrize("message", ["Remember that my password is hunter2", "My PIN is 1234."])
async def test_a_secret_is_neither_a_fact_nor_in_the_note_of_its_turn(message: str) -> None:
    note = await RuleSummarizer().note(USER, said(message))

    assert await facts(said(message)) == []
    assert note == "Told a secret, which is not kept."


async def test_of_two_companies_the_one_that_is_left_is_not_kept() -> None:
    assert await facts(said("I quit Contoso and now work at Fabrikam")) == [Fact(text="Fabrikam", key="company")]


async def test_what_is_no_longer_done_takes_the_key_it_was_known_by() -> None:
    earlier = Known(uuid4(), "core", "work from home", "on Mondays")

    (fact,) = await facts(said("I no longer work from home on Mondays."), earlier)

    assert (fact.key, fact.text) == ("work from home", "no longer on Mondays")


async def test_a_slot_stays_a_sentence_when_it_contradicts_one() -> None:
    earlier = known("The manager is Eva.")

    (fact,) = await facts(said("My manager is Rui."), earlier)

    assert (fact.key, fact.text, fact.replaces) == (None, "My manager is Rui.", (earlier.id,))


async def test_a_subject_that_can_be_two_replaces_neither() -> None:
    there = known("The Acme launch is on 3 March."), known("The Beta launch is on 4 March.")

    (fact,) = await facts(said("The launch moved to 10 March."), *there)

    assert fact.replaces == ()


# Notes and summaries


@pytest.mark.parametrize(
    ("turn", "note"),
    [
        (said("Which tasks are due this week?"), "Asked which tasks are due this week."),
        (said("Can you list my projects, please?"), "Asked to list my projects."),
        (said("Is Buy milk done?"), "Asked: Is Buy milk done?"),
        (said("create a task called Buy milk", row("Buy milk")), "Created the task Buy milk."),
        (said("add Buy milk and Call Ann", row("Buy milk"), row("Call Ann")), "Created the tasks Buy milk and Call Ann."),
        (said("mark it as done", row("Buy milk")), "Changed the task Buy milk."),
        (said("delete the Beta milestone", row("Beta", "timeline")), "Deleted the milestone Beta."),
        (said("I prefer short answers"), "Said: I prefer short answers."),
        (said("What's due? By the way, I'm vegan."), "Asked what's due; said: I'm vegan."),
        (said("I'm tired"), "Said: I'm tired"),
        (said("> all pasted"), "Shared a text."),
        (said("Hello."), "Said hello."),
        (said("Good morning!"), "Said good morning."),
        (said("Thank you so much!"), "Said thank you so much."),
        (said("   "), "Said nothing."),
        (said("please sum up\n\nI live in Oslo."), "Asked to sum up."),
        (said("Got this from Bob:\nI live in Oslo."), "Shared a text."),
        (said("What do you know about me?", recalled=("Asked what do you know about me.",)),
         "Asked what do you know about me."),
        (said("List my projects.", recalled=("Asked to list my projects.",)), "Asked to list my projects."),
        (said("I live in Rome.", recalled=("I live in Rome.",)), "Repeated what is remembered."),
    ],
)  # fmt: skip
async def test_a_note_says_in_a_sentence_what_a_turn_was_about(turn: Said, note: str) -> None:
    assert await RuleSummarizer().note(USER, turn) == note


@pytest.mark.parametrize("message", ["x" * 32_000, "what " * 6_000 + "?", "I live in Rome. " * 2_000, "a\n" * 9_000])
async def test_a_note_is_short_however_long_the_message_was(message: str) -> None:
    note = await RuleSummarizer().note(USER, said(message, *(row("n" * 500) for _ in range(30))))

    assert 0 < len(note) <= LONGEST_NOTE


async def summed_up(*texts: str, earlier: str = "") -> str:
    return await RuleSummarizer().summary(USER, earlier, [Note(uuid4(), text) for text in texts])


async def test_a_summary_tells_repeats_once() -> None:
    told = await summed_up("Asked what is due.", "Said: I'm vegan.", "Asked what is due.", "Asked what is due.")

    assert told == "Said: I'm vegan. Asked 3 times what is due."


async def test_a_summary_tells_rows_of_one_kind_in_one_sentence() -> None:
    told = await summed_up("Created the task Buy milk.", "Asked what is due.", "Created the task Call Ann.")

    assert told == "Asked what is due. Created the tasks Buy milk and Call Ann."


async def test_a_summary_that_is_updated_turn_by_turn_is_the_one_of_all_turns() -> None:
    notes = ["Asked what is due.", "Created the task A1.", "Asked what is due.", "Created the task B2."]
    summary = ""
    for count in range(1, len(notes) + 1):
        summary = await summed_up(*notes[:count], earlier=summary)

    assert summary == "Asked twice what is due. Created the tasks A1 and B2." == await summed_up(*notes)


async def test_a_summary_somebody_has_corrected_stays_and_goes_on() -> None:
    told = await summed_up("Asked what is due.", "Said: I'm vegan.", earlier="We spoke about dinner.")

    assert told == "We spoke about dinner. Said: I'm vegan."


async def test_a_summary_is_bounded_and_keeps_the_newest() -> None:
    told = await summed_up(*(f"Asked about the number {number} of them all." for number in range(200)))

    assert len(told) <= LONGEST_SUMMARY
    assert told.endswith("Asked about the number 199 of them all.")
    assert "number 1 of" not in told


# Patterns


def episode(summary: str, at: datetime) -> Episode:
    return Episode(id=uuid4(), summary=summary, started_at=at, ended_at=at + timedelta(hours=1))


def weekly(summary: str, count: int, start: datetime = MONDAY) -> list[Episode]:
    return [episode(summary, start + timedelta(weeks=week)) for week in range(count)]


async def patterns(episodes: list[Episode], *there: KnownPattern) -> list[Pattern]:
    return await RuleReflector().patterns(USER, episodes, there)


async def test_the_same_on_one_weekday_in_three_weeks_is_a_pattern() -> None:
    episodes = weekly("Asked which tasks are due this week.", 4)

    assert await patterns(episodes) == [
        Pattern(
            text="Looks at what is due on Mondays.",
            grounds="4 sessions on Mondays between 2 and 23 November 2026",
            episodes=tuple(each.id for each in episodes),
        )
    ]


async def test_the_same_at_one_part_of_the_day_is_a_pattern() -> None:
    episodes = [episode("Asked to plan my week.", MONDAY + timedelta(days=8 * number)) for number in range(3)]

    (pattern,) = await patterns(episodes)

    assert (pattern.text, pattern.grounds) == (
        "Plans the week in the morning.", "3 sessions in the morning between 2 and 18 November 2026"
    )  # fmt: skip


async def test_the_same_in_five_sessions_is_done_often() -> None:
    episodes = [episode("Asked for a chart.", MONDAY + timedelta(hours=7 * number)) for number in range(5)]

    assert [each.text for each in await patterns(episodes)] == ["Often asks for charts."]


async def test_a_question_in_nearly_the_same_words_is_one_topic() -> None:
    asked = ("Asked what Jon is working on.", "Asked twice what Jon works on.", "Asked what is Jon working on.")
    episodes = [episode(each, MONDAY + timedelta(weeks=week)) for week, each in enumerate(asked)]

    assert [each.text for each in await patterns(episodes)] == ["Asks what is Jon working on on Mondays."]


@pytest.mark.parametrize(
    "episodes",
    [
        weekly("Asked which tasks are due.", 2),
        [episode("Asked which tasks are due.", MONDAY + timedelta(minutes=number)) for number in range(4)],
        [episode(f"Asked about the garden {number} and {number}.", MONDAY + timedelta(weeks=number)) for number in range(9)],
        weekly("Said: I live in Rome.", 6),
        [],
    ],
    ids=["two weeks", "one day", "other topics", "facts", "nothing"],
)  # fmt: skip
async def test_too_little_is_no_pattern(episodes: list[Episode]) -> None:
    assert await patterns(episodes) == []


async def test_a_known_pattern_is_confirmed_however_it_is_written() -> None:
    there = KnownPattern(id=uuid4(), text="looks at what is due, on Mondays", confidence=0.5)

    (pattern,) = await patterns(weekly("Asked what is due.", 3), there)

    assert pattern.same_as == there.id


@pytest.mark.parametrize(
    ("start", "between"),
    [
        (datetime(2026, 10, 26, 9, tzinfo=UTC), "between 26 October and 9 November 2026"),
        (datetime(2026, 12, 21, 9, tzinfo=UTC), "between 21 December 2026 and 4 January 2027"),
    ],
)
async def test_grounds_name_as_much_of_the_days_as_is_needed(start: datetime, between: str) -> None:
    (pattern,) = await patterns(weekly("Asked what is due.", 3, start))

    assert pattern.grounds == f"3 sessions on Mondays {between}"
