"""How much of a model's window a text takes, without asking the model's tokenizer.

An estimate from two lengths: with n characters and b bytes of UTF-8, a text is about n/4 + 3(b - n)/8 tokens. For ASCII
that is four characters a token, for Cyrillic, Greek or Arabic (two bytes each) 1.6, for Chinese, Japanese, Korean, Thai
or Hindi (three) one, and an emoji (four) is 1.4 tokens. Real tokenizers mostly need a little less for scripts other than
Latin, so the estimate errs on the side that fits. Both lengths are counted in C: about 50 µs for 100 KB.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.threads.content import to_json

PER_MESSAGE = 4  # the role, and what separates messages
CUT = " […]"


def tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """About how many tokens these OpenAI-shaped messages are, tool calls included."""
    return sum(map(_of_message, messages))


def _of_message(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    count = PER_MESSAGE + of_text(content if isinstance(content, str) else to_json(content) if content else "")
    if calls := message.get("tool_calls"):
        count += of_text(to_json(calls))
    return count + of_text(message.get("tool_call_id") or "") + of_text(message.get("name") or "")


def of_text(text: str) -> int:
    characters = len(text)
    size = characters if text.isascii() else len(text.encode(errors="surrogatepass"))
    return -(-(2 * characters + 3 * (size - characters)) // 8)


def cut(text: str, most: int) -> str:
    """The beginning of a text, in at most so many tokens, cut between words where there are any, and marked as cut."""
    if of_text(text) <= most:
        return text
    room = most - of_text(CUT)
    if room <= 0:
        return ""
    low, high = 0, min(len(text), 4 * room)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if of_text(text[:middle]) <= room else (low, middle - 1)
    kept = text[:low]
    words, space, _ = kept.rpartition(" ")
    return (words if space and len(words) > low * 3 // 4 else kept).rstrip() + CUT
