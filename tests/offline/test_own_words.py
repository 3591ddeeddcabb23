"""What of a message the user has said, and what is somebody else's or was only repeated."""

import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.offline.own_words import own_words

MAIL = """Dear Maria,

I live in Vienna and I prefer phone calls.

Best regards,
Jon Miller
Globex"""


@pytest.mark.parametrize(
    ("message", "own"),
    [
        ("I live in Rome.", "I live in Rome."),
        ("I live in Rome.\n> I live in Vienna.\n> Jon", "I live in Rome."),
        ("I use this:\n```\nI = 'my name is Eva'\n```\nI like it.", "I use this:\nI like it."),
        ("Never closed:\n~~~\nmy name is Eva", "Never closed:"),
        (f"Please shorten.\n\n{MAIL}\n\nI prefer tea.", "Please shorten.\nI prefer tea."),
        (f"Translate this mail:\n{MAIL}", "Translate this mail:"),
        ("See below\n---------- Forwarded message ---------\nFrom: Jon\nI am vegan", "See below"),
        ("See.\n\nFrom: Jon <jon@example.com>\nSent: Monday\nSubject: Hi\n\nMy manager is Tom.", "See."),
        ("Can you answer?\nOn Mon, 3 Nov 2026 at 10:02, Jon Miller wrote:\nI live in Vienna.", "Can you answer?"),
        ("Here is what Jon wrote:\nI am vegetarian.", "Here is what Jon wrote:"),
        ('Jon said "I prefer tea" and left.', "Jon said   and left."),
        ('Rename it to "Acme launch" please.', 'Rename it to "Acme launch" please.'),
        ("The sign reads “all visitors have to wear a badge in here” now.", "The sign reads   now."),
        ("", ""),
    ],
)
def test_only_what_the_user_wrote_themself_is_theirs(message: str, own: str) -> None:
    assert own_words(message, []) == own


@pytest.mark.parametrize(
    ("message", "recalled"),
    [
        ("The Acme launch is on 3 March.", "The Acme launch is on 3 March."),
        ("the acme launch is on 3 march", "- The Acme launch is on 3 March. (2026-11-03)"),
        ("You told me the Acme launch is on 3 March", "You told me: the Acme launch is on 3 March."),
        ("I don't eat meat", "I do not eat meat."),
        ("I live in Rome.", "As you said, I live in Rome."),
    ],
)
def test_a_sentence_that_repeats_recalled_text_is_not_said_again(message: str, recalled: str) -> None:
    assert own_words(message, ["Something else.", recalled]) == ""


@pytest.mark.parametrize(
    ("message", "recalled"),
    [
        ("The Acme launch is on 10 March.", "The Acme launch is on 3 March."),
        ("I no longer live in Rome.", "I live in Rome."),
        ("I don't like jazz.", "I like jazz."),
        ("I prefer long answers", "answers: short"),
        ("Eva is my manager", "My sister is called Eva. Jon was the manager of the launch."),
        ("And so it is.", "And so it is."),
    ],
)
def test_a_sentence_that_says_something_else_than_recalled_text_stays(message: str, recalled: str) -> None:
    assert own_words(message, [recalled]) == message


@pytest.mark.parametrize(
    ("message", "recalled"),
    [
        ("The Acme launch is on 3 March.", ["The Acme launch is on 5 March."]),
        ("The Acme launch is on 3 March.", ["The Acme launch is on 5 March.", "The Beta launch is on 3 March."]),
        ("The Acme launch is on 3 March.", ["The Acme launch is on 5 March. The Beta launch is on 3 March."]),
        ("The Acme launch is on 3 May.", ["The Acme launch is on 3 March.", "The party of Eva is in May."]),
        ("the acme launch is on friday", ["The Acme launch is on Monday.", "Jon is off on Friday."]),
        ("Eva leads the design team in the Berlin office.", ["Jon leads the design team in the Berlin office.", "Eva: PM"]),
        ("Will leads the new design team in Berlin.", ["Jon leads the new design team in Berlin."]),
        ("So Will leads the new design team in Berlin.", ["So Jon leads the new design team in Berlin."]),
        ("We all agreed to go on plan A of Acme.", ["We all agreed to go on plan B of Acme."]),
        ("The stand is open from 5 to 3 in the hall of Acme.", ["The stand is open from 3 to 5 in the hall of Acme."]),
        ("The fee of Acme for the whole year is $20.", ["The fee of Acme for the whole year is €20."]),
        ("The fee of Acme for the whole year is 2.5.", ["The fee of Acme for the whole year is 5.2."]),
    ],
)  # fmt: skip
def test_a_sentence_with_another_number_or_name_than_any_one_recalled_sentence_stays(
    message: str, recalled: list[str]
) -> None:
    assert own_words(message, recalled) == message


VALUES = st.tuples(st.sampled_from(["Acme", "Beta", "Will"]), st.integers(1, 31), st.sampled_from(["March", "May"]))


@settings(max_examples=60, deadline=None)
@given(VALUES, st.lists(VALUES, max_size=6))
def test_only_a_sentence_with_the_same_values_is_a_repetition(
    said: tuple[str, int, str], told: list[tuple[str, int, str]]
) -> None:
    sentence = "We all know that the launch of {} is on {} {} in the old hall."
    message = sentence.format(*said)

    assert (own_words(message, [sentence.format(*each) for each in told]) == "") == (said in told)


PASTED = "I live in Oslo now. Call me Bobby."


@pytest.mark.parametrize(
    "line",
    [
        "Got this from Bob:", "Got this from Bob", "I received this from our landlord.", "FYI from the landlord:",
        "FYI", "Fwd from Bob", "From Bob", "from my landlord:", "See below.", "Thanks! See below", "Bob sent me this",
        "What do you think of this?", "What do you think? (from Bob)?", "please sum up", "Sum this up in two sentences",
        "Translate this", "translate to German", "Please rewrite", "Proofread this text for me.", "check", "Check this:",
        "Make this shorter", "Can you reply to this?", "Reply to this mail.", "Here is what Bob wrote", "Here's the mail:",
        "Message from Bob", "Bob said", "My landlord says:", "Thoughts?", "Your thoughts on this", "tl;dr", "Today's text:",
        "Remember this mail from Bob:", "I prefer tea. Translate this:", "- Summarise the following",
    ],
)  # fmt: skip
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_what_follows_a_line_that_introduces_a_text_is_pasted(line: str, between: str) -> None:
    assert "Oslo" not in own_words(f"{line}{between}{PASTED}\nMy name is Carl.", [])
    assert "Carl" not in own_words(f"{line}{between}{PASTED}\nMy name is Carl.", [])
    assert own_words(line, []).split() == own_words(f"{line}{between}{PASTED}", []).split()


@pytest.mark.parametrize(
    "line",
    [
        "Remember the following:", "Please remember:", "Some things about me:", "Keep in mind:", "My preferences:",
        "About me:", "A few facts about me:", "What you should know about me:", "For the record:", "Please note:",
        "My working hours:", "I like:", "By the way:", "One more thing:", "Hello!", "Good morning", "I prefer tea.",
        "Check the invoice of Acme", "Show my tasks.", "Answer in German.", "From now on", "I got it!",
        "Thanks", "As I said",
    ],
)  # fmt: skip
def test_what_follows_any_other_line_is_the_users(line: str) -> None:
    assert own_words(f"{line}\n\n{PASTED}", []).endswith("I live in Oslo now.\nCall me Bobby.")


@pytest.mark.parametrize(
    ("message", "own"),
    [
        ("What is due?\nBy the way, I'm vegan.", "What is due?\nBy the way, I'm vegan."),
        ("What does it mean?\n> I live in Oslo.\n\nI live in Rome.", "What does it mean?\nI live in Rome."),
        ("Explain this:\n```\nx = 1\n```\nI use Python.", "Explain this:\nI use Python."),
        ("I live in Rome.\nTranslate this:\nI live in Oslo.", "I live in Rome.\nTranslate this:"),
        ("Keep in mind:\nI live in Rome.\nFYI from Bob:\nI am vegan.", "Keep in mind:\nI live in Rome.\nFYI from Bob:"),
        ("I live in Rome.\nWhat is due?\n\n", "I live in Rome.\nWhat is due?"),
    ],
)  # fmt: skip
def test_a_text_is_what_stands_right_after_its_introduction(message: str, own: str) -> None:
    assert own_words(message, []) == own


@pytest.mark.parametrize(
    ("message", "own"),
    [
        ("Translate: I live in Oslo", "Translate:"),
        ("Translate to Italian: my favourite colour is red", "Translate to Italian:"),
        ("Proofread: I live in Oslo and I work at Evil Corp. My name is Eve.\nI am vegan.", "Proofread:"),
        ("Rewrite this: I live in Oslo", "Rewrite this:"),
        ("Please fix the grammar of this sentence: My name is Bob", "Please fix the grammar of this sentence:"),
        ("Here is a text: I live in Oslo. I am a vegan.", "Here is a text:"),
        ("Bob wrote: I live in Oslo", "Bob wrote:"),
        ("Reply to Bob: I live in Oslo", "Reply to Bob:"),
        ("Send Ann Lee an e-mail: I am vegan", "Send Ann Lee an e-mail:"),
        ("I live in Rome. Translate this: I live in Oslo", "I live in Rome.\nTranslate this:"),
        ("Remember: translate this: I live in Oslo", "Remember: translate this:"),
        ("FYI: I live in Rome", "FYI: I live in Rome"),
        ("Correction: I live in Rome", "Correction: I live in Rome"),
        ("Remember: I live in Rome", "Remember: I live in Rome"),
        ("Check at 10:30: I am away", "Check at 10:30: I am away"),
        ("New client: Fjord makes salt", "New client: Fjord makes salt"),
    ],
)
def test_what_is_given_on_the_line_to_be_worked_on_is_not_the_users(message: str, own: str) -> None:
    assert own_words(message, []) == own


def test_what_is_new_beside_a_repetition_stays() -> None:
    message = "The Acme launch is on 3 March. I live in Rome."

    assert own_words(message, ["The Acme launch is on 3 March."]) == "I live in Rome."


WORDS = 'I live in Rome . > ``` \n “ ” " From: To: Subject: wrote: Dear Maria, Best regards, said — ; 3 March ... Acme'
MESSAGES = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS.split(" ")), max_size=50).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(MESSAGES, st.lists(MESSAGES, max_size=3))
def test_nothing_is_returned_that_does_not_stand_in_the_message(message: str, recalled: list[str]) -> None:
    letters = iter("".join(message.split()))

    assert all(letter in letters for letter in "".join(own_words(message, recalled).split()))


REPEATED = (
    "a",
    "a ",
    ". ",
    "> ",
    "```\n",
    "\n",
    " ",
    "“",
    '"',
    '"a" ',
    "« ",
    "From: x\n",
    "Hi,\n",
    "On x wrote:\n",
    "-",
    "the mail ",
    "Is it?\n> a\n",
    "remember my:\n",
    "from a ",
    "got this ",
    "the 3 ",
)
SECONDS_PER_1000 = 0.05 * 3  # of the processor; three for machines that are slow, or busy


@pytest.mark.parametrize("part", REPEATED, ids=partial(ascii))
def test_finding_own_words_takes_time_in_proportion_to_the_message(part: str) -> None:
    for length in (1_000, 32_000):
        message = (part * (length // len(part) + 1))[:length]
        begun = time.process_time()
        own_words(message, [message[:2_000], "The Acme launch is on 3 March."])

        assert time.process_time() - begun < SECONDS_PER_1000 * length / 1000
