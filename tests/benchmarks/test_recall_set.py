"""The recall set holds together, and is judged as it says."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from app.offline.embeddings import _STOP_WORDS
from app.offline.words import folded, stem
from benchmarks.recall_cases import Conversation, Message, Question, Speaker, Worth, speakers
from benchmarks.recall_judge import judged, junk_among, stems_of, tells

EVERYBODY = speakers()
each_speaker = pytest.mark.parametrize("speaker", EVERYBODY, ids=lambda each: each.name)


def test_there_are_sixty_conversations_and_two_hundred_questions() -> None:
    assert sum(len(each.conversations) for each in EVERYBODY) == 60
    assert sum(len(each.questions) for each in EVERYBODY) == 200


def test_about_a_seventh_of_the_questions_share_no_word_with_their_answer() -> None:
    hard = [each for speaker in EVERYBODY for each in speaker.questions if each.kind == "hard"]
    assert 0.12 <= len(hard) / 200 <= 0.18


def test_much_of_what_is_said_is_not_worth_remembering() -> None:
    messages = [each for speaker in EVERYBODY for talk in speaker.conversations for each in talk.messages]
    assert 0.4 <= sum(not each.worths for each in messages) / len(messages) <= 0.7


@each_speaker
def test_conversations_are_short_and_follow_each_other_over_months(speaker: Speaker) -> None:
    assert all(2 <= len(each.messages) <= 6 for each in speaker.conversations)
    assert all(before.at < after.at for before, after in pairwise(speaker.conversations))
    assert (speaker.conversations[-1].at - speaker.conversations[0].at).days > 150


@each_speaker
def test_what_is_worth_remembering_stands_in_its_message_with_all_its_words(speaker: Speaker) -> None:
    for talk in speaker.conversations:
        for message in talk.messages:
            for worth in message.worths:
                assert worth.sentence in message.text
                assert worth.answer
                assert tells(worth.sentence, worth)
                assert _stems([*worth.answer, *worth.words]) <= stems_of(worth.sentence)


@each_speaker
def test_an_id_names_one_sentence(speaker: Speaker) -> None:
    ids = [each.id for talk in speaker.conversations for message in talk.messages for each in message.worths]
    assert len(ids) == len(set(ids))


@each_speaker
def test_sentences_repeat_and_contradict_only_what_was_said_before(speaker: Speaker) -> None:
    said: set[str] = set()
    for each in speaker.worths.values():
        assert {each.again, each.replaces} - {None} <= said
        said.add(each.id)
    assert speaker.outdated
    assert len({each.again for each in speaker.worths.values()}) > 1


@each_speaker
def test_questions_are_asked_once_and_expect_what_is_still_true(speaker: Speaker) -> None:
    asked = [each.asks for each in speaker.questions]
    assert len(asked) == len(set(asked))
    for question in speaker.questions:
        assert question.expects
        assert set(question.expects) <= speaker.worths.keys() - speaker.outdated


@each_speaker
def test_questions_share_as_much_with_their_answer_as_their_kind_says(speaker: Speaker) -> None:
    for question in speaker.questions:
        sentences = " ".join(speaker.worths[each].sentence for each in question.expects)
        words = _content(question.asks) & _content(sentences)
        stems = _stems(_content(question.asks)) & _stems(_content(sentences))
        kind = "words" if len(words) >= 2 else "stems" if stems else "hard"
        assert (question.asks, question.kind) == (question.asks, kind)


@each_speaker
def test_no_question_is_a_copy_of_its_answer(speaker: Speaker) -> None:
    for question in speaker.questions:
        for sentence in (speaker.worths[each].sentence for each in question.expects):
            asked, said = set(folded(question.asks).split()), set(folded(sentence).split())
            assert len(asked & said) / len(asked | said) < 0.8, question.asks


@each_speaker
def test_each_answer_is_recalled_when_its_sentence_is_found(speaker: Speaker) -> None:
    for question in speaker.questions:
        verdict = judged(speaker, question, [speaker.worths[each].sentence for each in question.expects])
        assert verdict.is_recalled, question.asks
        assert verdict.holds_first


@each_speaker
def test_a_question_is_not_recalled_from_what_answers_others(speaker: Speaker) -> None:
    for question in speaker.questions:
        right = frozenset().union(*(speaker.same_as(each) for each in question.expects))
        others = [each.sentence for each in speaker.worths.values() if each.id not in right]
        assert not judged(speaker, question, others).is_recalled, question.asks


def test_the_old_value_beside_the_new_one_is_no_answer() -> None:
    speaker = _somebody(
        Worth("old", "The launch is on 3 March.", ("launch",), ("3", "march"), None, None),
        Worth("old-too", "On 3 March we launch.", ("launch",), ("3", "march"), "old", None),
        Worth("new", "We moved the launch to 10 March.", ("launch",), ("10", "march"), None, "old"),
    )
    question = Question("When is the launch?", ("new",), "stems")

    verdict = judged(speaker, question, ["We moved the launch to 10 March.", "On 3 March we launch."])

    assert verdict.holds
    assert verdict.is_stale
    assert not verdict.is_recalled
    assert judged(speaker, question, ["We moved the launch from 3 March to 10 March."]).is_recalled


def test_a_memory_without_the_answer_tells_nothing_however_much_else_it_shares() -> None:
    launch = Worth("launch", "The Acme launch is on 3 March.", ("acme", "launch"), ("3", "march"), None, None)
    assert not tells("The Acme launch is on 10 March.", launch)
    assert not tells("On 3 March we eat cake.", launch)
    assert tells("acme launch: 3 March", launch)


def test_what_nobody_could_ask_for_is_junk() -> None:
    speaker = _somebody(Worth("dog", "My dog is called Pixel.", ("dog",), ("pixel",), None, None))
    assert junk_among(speaker, ["dog: Pixel", "I had soup for lunch."]) == ["I had soup for lunch."]


def _somebody(*worths: Worth) -> Speaker:
    message = Message(" ".join(each.sentence for each in worths), worths)
    return Speaker("Somebody", "", (Conversation(datetime(2026, 3, 1, tzinfo=UTC), (message,)),), ())


def _content(text: str) -> set[str]:
    return set(folded(text).split()) - _STOP_WORDS


def _stems(words: Iterable[str]) -> set[str]:
    return {stem(each) for each in words}
