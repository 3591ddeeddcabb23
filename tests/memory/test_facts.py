"""What is taken from everyday sentences, and what is not."""

import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.offline.facts import SaidFact, fact_of, facts_of, sentences

KEYED = [
    ("I prefer short answers", "answers", "short"),
    ("Actually, I prefer long answers now.", "answers", "long"),
    ("I like my answers short", "answers", "short"),
    ("Please keep your answers short", "answers", "short"),
    ("From now on, be concise", "answers", "concise"),
    ("I don't like long answers", "answers", "not long"),
    ("I'd prefer short answers over long ones", "answers", "short"),
    ("I want short answers", "answers", "short"),
    ("I live in Rome", "home", "Rome"),
    ("I moved to Milan", "home", "Milan"),
    ("I’ve just moved from Rome to Milan.", "home", "Milan"),
    ("We now live in Oslo with my parents", "home", "Oslo"),
    ("I don't live in Rome any more", "home", "no longer Rome"),
    ("call me Bob", "name", "Bob"),
    ("Everyone calls me Bobby", "name", "Bobby"),
    ("My name is Ada", "name", "Ada"),
    ("hi, my name's Ada Lovelace", "name", "Ada Lovelace"),
    ("I'm Ada", "name", "Ada"),
    ("I prefer to be called Bob", "name", "Bob"),
    ("Don't call me Robert", "name", "not Robert"),
    ("I'm vegetarian", "diet", "vegetarian"),
    ("im vegan now", "diet", "vegan"),
    ("I'm no longer vegetarian", "diet", "no longer vegetarian"),
    ("I don't eat meat", "diet", "no meat"),
    ("I'm allergic to nuts", "nut allergy", "allergic"),
    ("I have a nut allergy", "nut allergy", "allergic"),
    ("I have asthma", "asthma", "yes"),
    ("I can't eat peanuts.", "eat peanuts", "does not"),
    ("I prefer short answers, two or three sentences at most.", "answers", "short, two or three sentences at most"),
    ("I'm left-handed", "left-handed", "yes"),
    ("my manager is Eva", "manager", "Eva"),
    ("Eva is my new manager", "manager", "Eva"),
    ("My manager is now Eva, not Jon", "manager", "Eva"),
    ("Jon is no longer my manager", "manager", "no longer Jon"),
    ("I report to Eva", "manager", "Eva"),
    ("my wife's name is Anna", "wife", "Anna"),
    ("My daughter is called Mia", "daughter", "Mia"),
    ("We have a dog named Rex", "dog", "Rex"),
    ("I have two kids", "children", "two"),
    ("I'm a freelance designer", "job", "freelance designer"),
    ("I work as a nurse at St. Mary's", "job", "nurse at St. Mary's"),
    ("I work at Acme", "company", "Acme"),
    ("I joined Globex", "company", "Globex"),
    ("I no longer work at Acme", "company", "no longer Acme"),
    ("I left Acme", "company", "no longer Acme"),
    ("My birthday is on 3 May", "birthday", "3 May"),
    ("My timezone is CET", "time zone", "CET"),
    ("I'm in the Pacific time zone", "time zone", "Pacific time zone"),
    ("I speak German and French", "languages", "German and French"),
    ("I'm Italian", "nationality", "Italian"),
    ("I'm from Portugal", "origin", "Portugal"),
    ("I'm 34", "age", "34"),
    ("I'm married to Tom", "marital status", "married to Tom"),
    ("Always answer in German", "language", "German"),
    ("Please reply in English", "language", "English"),
    ("I want you to always answer in French", "language", "French"),
    ("I prefer German", "language", "German"),
    ("Never schedule meetings before 10", "schedule meetings", "never before 10"),
    ("You can schedule meetings before 10 again", "schedule meetings", "allowed before 10"),
    ("I never take calls before 10", "take calls", "never before 10"),
    ("I always take calls before 9", "take calls", "always before 9"),
    ("I never work on Sundays", "work on sundays", "never"),
    ("I usually work from home on Fridays", "work from home", "usually on Fridays"),
    ("I work from home on Mondays now", "work from home", "on Mondays"),
    ("No meetings on Fridays", "meetings", "none on Fridays"),
    ("I love jazz", "jazz", "loves"),
    ("I hate jazz", "jazz", "hates"),
    ("I don't really like jazz", "jazz", "does not like"),
    ("I can't stand phone calls", "phone calls", "hates"),
    ("I like meetings in the morning", "meetings", "in the morning"),
    ("I prefer mornings for meetings", "meetings", "mornings"),
    ("I prefer to work in the morning", "working", "in the morning"),
    ("I prefer working in the evening", "working", "in the evening"),
    ("I prefer tea over coffee", "coffee or tea", "tea"),
    ("I prefer coffee to tea", "coffee or tea", "coffee"),
    ("I'd rather have tea", "tea", "prefers"),
    ("My favourite colour is blue", "favourite colour", "blue"),
    ("my favorite color is green", "favourite colour", "green"),
    ("I drink my coffee black", "coffee", "black"),
    ("I don't drink coffee any more", "drink coffee", "no longer"),
    ("I go running every morning", "go running", "every morning"),
    ("I have therapy on Tuesdays", "have therapy", "on Tuesdays"),
    ("I get up at 6", "get up", "at 6"),
    ("From now on use metric units", "units", "metric"),
    ("Use imperial units from now on", "units", "imperial"),
    ("Please use British spelling", "spelling", "British"),
    ("Whenever I ask for a summary, use bullet points", "whenever i ask for a summary", "use bullet points"),
    ("Don't use emojis", "use emojis", "never"),
    ("Stop using emojis", "use emojis", "never"),
    ("Remember that I prefer short answers", "answers", "short"),
    ("Actually, I prefer long answers now, with the reasons.", "answers", "long, with the reasons"),
    ("Keep it brief.", "answers", "brief"),
    ("Answer with the result first", "answers", "with the result first"),
    ("I moved to Milan last week.", "home", "Milan"),
    ("I've been living in Vienna since 2019", "home", "Vienna"),
    ("We're moving to Porto in June.", "home", "moving to Porto in June"),
    ("I've been vegetarian since March.", "diet", "vegetarian"),
    ("Eva Lund is my boss, in case you forgot.", "manager", "Eva Lund"),
    ("my boss is Eva now", "manager", "Eva"),
    ("My allergy is peanuts.", "peanut allergy", "allergic"),
    ("I'm not allergic to nuts", "nut allergy", "not allergic"),
    ("I get migraines from neon light", "migraines", "yes, from neon light"),
    ("I charge 80 euros an hour.", "hourly rate", "80 euros an hour"),
    ("I've raised my rate, it's 95 euros an hour now.", "hourly rate", "95 euros an hour"),
    ("My studio is on Mill Lane.", "studio", "on Mill Lane"),
    ("We moved the studio to Canal Street last month.", "studio", "Canal Street"),
    ("So please don't plan anything before 10 in the morning.", "plan anything in the morning", "never before 10"),
    ("Write to Klein in German, please, always.", "write to klein", "in German"),
    ("I'd like tables instead of lists", "lists or tables", "tables"),
    ("I run 5 km every morning", "run", "5 km every morning"),
    ("Please write dates like 2026-03-01.", "dates", "like 2026-03-01"),
    ("If I ask for numbers, round them.", "if i ask for numbers", "round them"),
    ("Don't book Fridays", "book fridays", "never"),
    ("Can you remember that I prefer short answers?", "answers", "short"),
    ("Please remember my wife's name is Anna", "wife", "Anna"),
    ("Note that I'm vegetarian", "diet", "vegetarian"),
    ("Remember to always answer in German", "language", "German"),
]
WHOLE = [
    "The Acme launch is on 3 March.",
    "The launch moved to 10 March.",
    "Acme's contact is Jon Miller.",
    "We deploy on Fridays.",
    "Our fiscal year starts in April.",
    "Jon is on parental leave until May.",
    "We decided to drop the mobile app.",
    "We agreed with Acme to invoice monthly.",
    "Jon prefers email.",
    "The client wants more blue in the logo.",
    "I use Figma for my designs.",
    "I'm learning Spanish.",
    "My flight to Berlin is on Friday.",
    "Jon told me the budget is 20k.",
    "Acme pays late.",
    "My wife Anna is a doctor.",
    "The office is closed in August.",
    "The launch party is in the old harbour hall.",
    "Our standup is at 9:15.",
    "Jon answers mail faster than the phone.",
    "My neighbour Sven feeds the cat when we're gone.",
    "Two of our interns start in September.",
    "The staging password rotates every Monday.",
    "There's a code freeze from 12 to 20 December.",
    "I'll be on leave from 3 to 9 May.",
    "I keep all finished work on the blue drive.",
    "From June on I'm in the office on Tuesdays only.",
    "In meetings I take notes.",
    "For Acme I only use one typeface, they have a licence.",
    "Ruth, my cousin, does the bookkeeping.",
    "My twins, Leo and Clara, start school in September.",
    "New client: Fjord & Co make sea salt.",
    "I cycle to work, so no meetings before ten on Tuesdays.",
    "The beta showed that growers skip the weather page.",
    "Our landlord doesn't allow pets.",
    "Nobody deploys after 4.",
    "Send me a summary every Friday at 4.",
    "I gave up coffee.",
    "Paula is vegetarian.",
]
DROPPED = [
    "list my tasks",
    "create a task called Buy milk",
    "what's due today?",
    "what is due today",
    "Mark Buy milk as done",
    "Delete the project Acme",
    "Hello!",
    "Thanks a lot",
    "I'm tired",
    "I'm a bit late",
    "I'm looking at the Acme project",
    "I think the launch is in March",
    "Maybe Jon is on leave until May",
    "I want to create a task",
    "I need the list",
    "I'd like to see my projects",
    "If I were rich I'd live in Rome",
    'Jon said "I prefer tea"',
    "It was a great day",
    "How many tasks do I have?",
    "I finished the report",
    "I talked to Jon yesterday",
    "Anna sent me the file",
    "The meeting was great",
    "The weather is nice",
    "I have a question",
    "I like it",
    "I love your answer",
    "Never mind",
    "Call me tomorrow",
    "Call me at 5",
    "Don't add it to the list",
    "Remember to buy milk",
    "Remember the milk",
    "Don't forget to call Ann",
    "Can you remember what I said?",
    "Do you remember when the launch is?",
    "Note: call the bank",
    "My password is hunter2",
    "The wifi password is hunter2",
    "remind me to call Ann on Friday",
    "",
    "   ",
    "?",
    "ok",
    "I",
    "I'm in a meeting",
    "I hate it when people are late",
    "you are great",
    "Set the priority of Acme to high",
    "Where is Jon?",
    "The printer is broken again.",
    "The train is late.",
    "Bea is drawing the icons.",
    "The link doesn't work.",
    "The list is too long.",
    "The first cover is delivered!",
    "The client likes it.",
    "My head hurts.",
    "The call with Acme is tomorrow.",
    "I have a headache.",
    "I'll be back in five minutes.",
    "I made a mistake there.",
    "Everybody is in a bad mood.",
    "The password of the lab is hunter2",
    "Don't send it before Monday.",
    "Task: the invoice for Acme",
]


@pytest.mark.parametrize(("sentence", "key", "value"), KEYED)
def test_a_sentence_about_its_speaker_fills_a_slot(sentence: str, key: str, value: str) -> None:
    fact = fact_of(sentence)

    assert fact is not None
    assert (fact.key, fact.value) == (key, value)


@pytest.mark.parametrize("sentence", WHOLE)
def test_a_sentence_about_work_and_others_is_kept_whole(sentence: str) -> None:
    assert fact_of(sentence) == SaidFact(None, sentence, sentence)


@pytest.mark.parametrize("sentence", DROPPED)
def test_what_is_not_worth_keeping_is_no_fact(sentence: str) -> None:
    assert fact_of(sentence) is None


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("Keep in mind that the red folder belongs downstairs", "The red folder belongs downstairs."),
        ("Don't forget that today was a good day", "Today was a good day."),
        ("please note that it may rain on the day of the party", "It may rain on the day of the party."),
        ("I want you to know that I use a wheelchair", "I use a wheelchair."),
        ("Remember that the capital of France is Paris", "The capital of France is Paris."),
    ],
)
def test_what_was_asked_to_be_remembered_is_a_fact_whatever_it_is(asked: str, kept: str) -> None:
    fact = fact_of(asked)

    assert fact is not None
    assert fact.sentence == kept


@pytest.mark.parametrize(
    "sentence",
    [
        "Remember that my password is hunter2",
        "Please remember my PIN is 1234",
        "My PIN is 1234",
        "Don't forget that the wifi password is sunflower",
        "Remember: the API key of Acme is abc123",
    ],
)
def test_no_secret_is_a_fact_even_when_it_was_asked_to_be_remembered(sentence: str) -> None:
    assert list(facts_of(sentence)) == []


@pytest.mark.parametrize(
    ("sentence", "key", "value"),
    [
        ("My home is Oslo", "home", "Oslo"),
        ("My home is now Oslo.", "home", "Oslo"),
        ("Our home is near Oslo", "home", "near Oslo"),
        ("For future reference, keep your answers short", "answers", "short"),
    ],
)
def test_other_words_for_a_known_slot_fill_it(sentence: str, key: str, value: str) -> None:
    fact = fact_of(sentence)

    assert fact is not None
    assert (fact.key, fact.value) == (key, value)


@pytest.mark.parametrize(
    "sentence",
    [
        "2+2 is 4",
        "The capital of France is Paris",
        "The population of Italy is 59 million",
        "Pretend my name is Bob",
        "Let's say I live in Oslo",
        "As an example, my name is Bob",
        "For example, my manager is Eve",
    ],
)
def test_general_knowledge_and_pretence_are_no_facts(sentence: str) -> None:
    assert list(facts_of(sentence)) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "My dentist is called Dr. Quillfeather and the Acme launch is on 3 March",
            [("dentist", "Dr. Quillfeather"), (None, "The Acme launch is on 3 March.")],
        ),
        (
            "My manager is Eva, and Jon leads the design team",
            [("manager", "Eva"), (None, "Jon leads the design team.")],
        ),
        ("I quit Contoso and now work at Fabrikam", [("company", "no longer Contoso"), ("company", "Fabrikam")]),
        ("My sons are called Tom and Lea", [(None, "My sons are called Tom and Lea.")]),
        ("For future reference, our budget is 40,000 euros", [(None, "Our budget is 40,000 euros.")]),
        ("From now on, our budget is 40,000 euros", [(None, "Our budget is 40,000 euros.")]),
        ("From now on, the standup is at 10.", [(None, "The standup is at 10.")]),
    ],
)
def test_what_an_and_joins_is_told_apart(text: str, told: list[tuple[str | None, str]]) -> None:
    assert [(fact.key, fact.value) for fact in facts_of(text)] == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I'm vegetarian and I live in Rome", [("diet", "vegetarian"), ("home", "Rome")]),
        ("I live in Rome and work for Acme.", [("home", "Rome"), ("company", "Acme")]),
        ("I'm Ada, I live in Rome, my manager is Eva", [("name", "Ada"), ("home", "Rome"), ("manager", "Eva")]),
        ("My manager is Eva, can you write to her?", [("manager", "Eva")]),
        ("I'm allergic to nuts and eggs", [("nut allergy", "allergic"), ("egg allergy", "allergic")]),
        ("- I'm vegan\n- my dog is Rex\n1. I live in Oslo", [("diet", "vegan"), ("dog", "Rex"), ("home", "Oslo")]),
        (
            "Dr. Rossi is my dentist. She charges 3.5 percent.",
            [("dentist", "Dr. Rossi"), (None, "Dr. Rossi is my dentist. She charges 3.5 percent.")],
        ),
        ("My wife Anna is a doctor.", [(None, "My wife Anna is a doctor."), ("wife", "Anna")]),
        (
            "By the way, the Acme launch moved to May. FYI: Jon is on leave until June.",
            [(None, "The Acme launch moved to May."), (None, "Jon is on leave until June.")],
        ),
        (
            "My accountant is Ann Ek, she wants all receipts by the 12th.",
            [("accountant", "Ann Ek"), (None, "My accountant is Ann Ek. She wants all receipts by the 12th.")],
        ),
        ("I'm away from 6 to 24 July, we're sailing.", [(None, "I'm away from 6 to 24 July, we're sailing.")]),
        ("Ruth, my wife, is a doctor.", [(None, "Ruth, my wife, is a doctor."), ("wife", "Ruth")]),
        ("Write a mail to Ann. Keep it short.", []),
        ("Eva has left, my manager is Rui now.", [("manager", "Rui")]),
        ("If I lived in Rome and I had a dog, I would be happy", []),
        ("Jon said he is tired and my manager is Eva", []),
        ("Show my tasks. I live in Rome. Thanks!", [("home", "Rome")]),
    ],
)
def test_a_text_says_all_that_its_sentences_say(text: str, told: list[tuple[str | None, str]]) -> None:
    assert [(fact.key, fact.value) for fact in facts_of(text)] == told


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Dr. Rossi called. She is nice.", ["Dr. Rossi called.", "She is nice."]),
        ("It costs 3.50 euros. Fine!", ["It costs 3.50 euros.", "Fine!"]),
        ("Call J. Smith, e.g. today. Then stop.", ["Call J. Smith, e.g. today.", "Then stop."]),
        ("Am 3. March at 10 a.m. we meet. Ok?", ["Am 3. March at 10 a.m. we meet.", "Ok?"]),
        ("one\n- two\n\nthree", ["one", "- two", "three"]),
        ("Well... maybe. Yes", ["Well... maybe.", "Yes"]),
        ("", []),
    ],
)
def test_abbreviations_dates_and_decimals_end_no_sentence(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


VOCABULARY = (
    "I I'm my we our prefer like don't not no longer from now on always never remember that manager is Eva Rome"
    " live in and ,"
    " . ? ! \" “ ” ' allergic to nuts call me when if before 10 on Fridays 3 March over short answers \n -"
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(VOCABULARY.split(" ")), max_size=40).map(" ".join))


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_any_text_gives_facts_with_bounded_names_or_none(text: str) -> None:
    for fact in [*facts_of(text), *(each for each in [fact_of(text)] if each is not None)]:
        assert fact.value.strip()
        assert fact.sentence.strip()
        assert fact.key is None or (fact.key == fact.key.lower() and 0 < len(fact.key) <= 64)
        assert fact.key is not None or fact.value == fact.sentence


REPEATED = (
    *(
        "I prefer ",
        "I like a, ",
        "and I live in ",
        "I live in Rome. ",
        "remember that ",
        "my manager is Eva and ",
        ". ",
        "a. ",
        "! ",
        "...",
    ),
    *(
        " ",
        "\n",
        " \n",
        "\t",
        "“",
        '"',
        '"I ',
        "'",
        ", ",
        "- ",
        "1. ",
        "from now on ",
        "never ",
        "when I ask ",
        ";",
        "– ",
        "? ",
    ),
    *(
        "a",
        "aa ",
        "1",
        "A",
        "Is ",
        "the Acme launch is on 3 March, ",
        "my wife Anna ",
        "I'm allergic to nuts and ",
        "é",
        "ﷺ",
        "not ",
        "in the retro ",
        "Ruth, my cousin, ",
        "my rate is 1 ",
        "New client: ",
        "since ",
        "if I ask ",
        "is ",
    ),
)
LONG = ("I prefer ", ". ", " ", "\n", "I live in Rome. ", "my manager is Eva and ", "“")
LONGEST_MESSAGE = 32_000
SECONDS_PER_1000 = 0.05 * 3  # of the processor; three for machines that are slow, or busy


@pytest.mark.parametrize("part", REPEATED, ids=partial(ascii))
def test_reading_takes_time_in_proportion_to_the_text(part: str) -> None:
    for length in (1_000, LONGEST_MESSAGE if part in LONG else 8_000):
        text = (part * (length // len(part) + 1))[:length]
        begun = time.process_time()
        list(facts_of(text))
        fact_of(text)

        assert time.process_time() - begun < SECONDS_PER_1000 * length / 1000
