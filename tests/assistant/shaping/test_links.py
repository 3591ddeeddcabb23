"""Links, images, HTML: what becomes of them, and what looks like them."""

import pytest

from tests.assistant.shaping.shaped import OWN, shaped, shaper


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("See ![a chart](http://e.com/i.png).", "See a chart."),
        ("See ![a chart][ref] and ![ref].", "See a chart and ref."),
        ("See [the page](http://e.com/x).", "See the page (`http://e.com/x`)."),
        ("See [http://e.com](http://e.com).", "See `http://e.com`."),
        ("[![logo](//e.com/i)](http://e.com)", "logo (`http://e.com`)"),
        ("[1]: http://e.com/x", "\\[1]: `http://e.com/x`"),
        ("See <https://e.com/x>.", "See `https://e.com/x`."),
        ("See https://e.com/(x), or www.e.com.", "See `https://e.com/(x)`, or `www.e.com`."),
        ("[run](javascript:alert(1)) it", "run it"),
        ("[run](&#106;ava\\script:alert) it", "run (`&#106;ava\\script:alert`) it"),
        ("[run](&#106;avascript:alert(1)) it", "run it"),
        ("[see](data:text/html;base64,AAAA) it", "see it"),
        ("Write to [Ann](mailto:ann@e.org?bcc=x@y.z).", "Write to Ann (ann@e.org)."),
        ("Write to [ann@e.org](mailto:ann@e.org) or <bo@e.org>.", "Write to ann@e.org or bo@e.org."),
        ("This is <b>bold</b>, H<sub>2</sub>O, a<br>b.", "This is bold, H2O, a b."),
        ("a <!-- hidden --> b <script>x()</script> c", "a  b  c"),
        (f"Yours: {OWN}, [here]({OWN}), <{OWN}>.", f"Yours: {OWN}, [here]({OWN}), <{OWN}>."),
        (f"![mine]({OWN})", "mine"),
        (f"{OWN}?q=secret", f"`{OWN}?q=secret`"),
        ("slack://channel", "slack:`//channel`"),
    ],
)
def test_an_address_is_shown_and_never_live(written: str, sent: str) -> None:
    assert shaped(written) == sent


@pytest.mark.parametrize(
    "text",
    [
        "- [ ] write\n- [x] read\n",
        "A note[^1].\n\n[^1]: The note.\n",
        "array[0] and m[i][j], [brackets] too",
        "a < b, a<=b, 1<2, <- here, x <3 and a > b",
        "if (a && b) { R&D }",
        "Wow! Really?! `!x` [!]",
        "data: three rows; http and www are words; and/or, // too",
        "A `code span with <b> and [a](http://e.com)` stays.",
        "```html\n<b>[a](http://e.com)</b>\n```\n",
        "1. Run\n\n   ```sh\n   curl http://e.com\n   ```\n",
        "| a | b |\n|---|---|\n| 1 | `x` |\n",
        "**bold** _it_ ~~gone~~ # no\n\n> quote\n\n---\n",
        "5 * 3 = 15 \\* \\[ok\\] C:\\path\\file",
        "List\\<int>",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert shaped(text) == text


def test_the_name_of_a_type_is_escaped_not_lost() -> None:
    assert shaped("a List<int> of std::pair<std::string, T>") == "a List\\<int> of std::pair\\<std::string, T>"


def test_a_bracket_that_is_never_closed_is_let_go_at_the_end_of_its_line() -> None:
    one = shaper()
    assert one.feed("see [this") == ["see "]
    assert one.feed(" or\n") == ["[this or\n"]


def test_a_bracket_in_a_long_line_is_let_go_at_its_limit() -> None:
    one = shaper()
    assert one.feed("[" + "word, " * 150) == []
    assert one.feed("word, " * 50) == ["[" + "word, " * 200]


def test_what_was_taken_out_is_counted() -> None:
    one = shaper()
    one.feed("![a](//e.com) [b](//e.com) <b>c</b> http://e.com ")
    assert one.removed == {"image": 1, "link": 2, "html": 2}
