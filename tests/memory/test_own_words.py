"""What of a message the user has said, and what is somebody else's or was only repeated."""

import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.memory.fingerprints import own_words

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
)
SECONDS_PER_1000 = 0.05 * 3  # of the processor; three for machines that are slow, or busy


@pytest.mark.parametrize("part", REPEATED, ids=partial(ascii))
def test_finding_own_words_takes_time_in_proportion_to_the_message(part: str) -> None:
    for length in (1_000, 32_000):
        message = (part * (length // len(part) + 1))[:length]
        begun = time.process_time()
        own_words(message, [message[:2_000], "The Acme launch is on 3 March."])

        assert time.process_time() - begun < SECONDS_PER_1000 * length / 1000
