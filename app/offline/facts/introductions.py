"""Lines after which somebody else's text stands: "Got this from Bob:", "What do you think of this?", "please sum up"."""

import re
from itertools import islice

from app.offline.facts.plain import straight
from app.offline.facts.sentences import sentences

_MOST_READ = 300  # characters at the end of a line
_MOST_ORDER = 120  # characters of an order or a hand-over: a longer sentence says something itself
_CLOSERS = " \t\"'”’»)*_"
_ENDS = " .!,;…"
_POLITE = r"(?:please |pls |kindly |hi,? |hey,? |hello,? |ok,? |and |then |now |just |can you |could you |would you )*"
_TEXT = (
    r"(?:e-?mail|mail|message|text|letter|article|paragraph|passage|post|thread|transcript|minutes|draft|chat|quote"
    r"|sentence|line|phrase|word|paste|note from|contract|review|story|poem|blurb|bio|essay|statement|reply|feedback)s?"
)
_THIS = (
    rf"(?:(?:this|that|these|those|the following) {_TEXT}|this|that|it|these|those|the following|the below|below"
    rf"|the (?:\w+ )?{_TEXT}|(?:my|our|his|her|their) {_TEXT})"
)
_TO_A_TEXT = (
    r"(?:sum(?: it| this| that)? up|summari[sz]e|tl;?dr|translate|rewrite|re-write|rephrase|reword|paraphrase|proofread"
    r"|proof-read|spell-?check|check|correct|shorten|condense)"
)
_TO_ANYTHING = (
    r"(?:fix|edit|review|simplify|improve|polish|explain|analy[sz]e|format|read|look at|have a look at|take a look at"
    r"|see|comment on|reply to|respond to|answer|react to|classify|extract|expand|convert|turn|make)"
)
_HOW = (
    r"(?: (?:in|into|to|for|as|from|with|and|by|please|below|shorter|longer|more|less|sound|better|nicer|friendlier|formal"
    r"|polite|simpler|clearer|over|up|again|through|carefully|quickly)\b.*)?"
)
_ORDER = re.compile(
    rf"{_POLITE}(?:(?:{_TO_A_TEXT}(?: {_THIS})?|{_TO_ANYTHING} {_THIS}){_HOW}"
    rf"|(?:fix|correct|check|improve|mend) (?:the |my |any )?(?:grammar|spelling|typos?|mistakes|errors|style|wording|tone"
    rf"|punctuation)(?: and (?:grammar|spelling|punctuation))?(?: (?:of|in) {_THIS})?"
    rf"|(?:any |your |some )?(?:thoughts|comments|opinions?|feedback|ideas)(?: on {_THIS}\b.*)?)",
    re.IGNORECASE,
)
_WHOSE = r"(?:(?:my|our|the|a|an|his|her|their) )?"
_NO_SENDER = (
    r"(?!(?:now|today|tomorrow|then|there|here|on|next|this|that|these|time|it|what|when|where|which|\d+|january"
    r"|february|march|april|may|june|july|august|september|october|november|december|(?:mon|tues|wednes|thurs|fri"
    r"|satur|sun)day|noon|morning|home|work|scratch|experience|i|we|you|\w+ (?:on|to|till|until|i|we|you))\b)"
)
_SENDER = rf"{_NO_SENDER}{_WHOSE}[\w.'’@-]+(?: [\w.'’@&-]+){{0,4}}"
_HANDS_OVER = re.compile(
    rf"(?:(?:fyi|fwd|fw|forwarded|forwarding(?: this)?|via)(?:[,:-]? .*)?|from {_SENDER}"
    rf"|(?:see|read|as) (?:the )?(?:below|following|attached)"
    rf"|here(?: is|['’]s| are|['’]re) (?:the|this|that|what|a|an|his|her|their|one|some)\b.*|here (?:it is|you go)"
    rf"|(?:(?:i|we)(?: have|['’]ve)? )?(?:just )?(?:got|received|found|copied|read|saw) "
    rf"(?:this|these|the following|{_WHOSE}{_TEXT})\b.*"
    rf"|(?:this|it|the following)(?: one)? (?:is|was|came|comes|just came)(?: in)?(?: sent| written)? (?:from|by) .*"
    rf"|(?:a |an |the |this |new |another |latest )*(?:{_TEXT}|note|reminder|request) (?:from|by|of) .*"
    rf"|.* (?:sent|forwarded|mailed|e-?mailed|texted|messaged|gave|showed|left) (?:(?:me|us|it|over)\b)?"
    rf".*\b(?:this|these|below|following)(?: {_TEXT})?"
    r"|(?!.*\b(?:i|we) \w+$).* (?:wrote|writes|says|said|replied|posted)(?: this| that| back)?)",
    re.IGNORECASE,
)
_ANOTHERS = re.compile(
    rf"\b(?:wrote|writes|written|said|says|sent|told (?:me|us)|replied|forwarded|pasted?|copied|copy|quotes?"
    rf"|{_TEXT}|from {_SENDER}|by (?-i:[A-Z])\w+|translate|summari[sz]e|sum up|proofread|rewrite)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:remember|memori[sz]e|keep in mind|bear in mind|don['’]t forget|do not forget|take note|for the record"
    r"|save (?:this|these|the following)|note (?:this|these|that|the following|down)|please note|know(?:ing)? (?:about|of)"
    r" (?:me|us)|about (?:me|us|myself|ourselves|my \w+|our \w+)|facts? on me|who (?:i am|we are))\b"
    r"|^(?:(?:here are|here is|these are|some of|a few of|and|also) )?(?:my|our) (?:\w+ ){0,2}(?:preferences?|details"
    r"|profile|habits|rules|defaults|settings?|set-?up|background|basics|facts|routines?|schedule|working hours|hours"
    r"|diet|allergies|likes|dislikes|likes and dislikes|family|team|contacts|plans|goals|situation)\b"
    r"|^(?:i|we)(?: (?:prefer|like|love|hate|dislike|always|never|usually|am|are)|['’](?:m|re))\b(?!.*\bthis\b)"
    r"|^(?:also|and|oh|one (?:more|other|last) thing|another thing|(?:two|three|a few|some|more) (?:\w+ )?(?:things|facts"
    r"|updates|changes)|by the way|btw|p\.? ?s\.?|to be clear|in short|update|updates|news|correction)$",
    re.IGNORECASE,
)
_MOST_COLONS = 8  # of a line that are looked at
_COLON = re.compile(r":(?=\s+\S)")
_GOES_ON = re.compile(r"\s*(?:by the way|btw|also|oh|p\.? ?s)\b", re.IGNORECASE)


_TO_BE_SENT = re.compile(
    rf"{_POLITE}(?:(?:reply|respond|answer|write|tell|text|message|e-?mail|mail|send|say|post|tweet)(?: back)?"
    rf"(?: (?:to )?(?:him|her|them|everyone|everybody|the (?:team|client|customer|landlord)|(?-i:[A-ZÀ-Þ])[\w'’-]*"
    rf"(?: (?-i:[A-ZÀ-Þ])[\w'’-]*)?))?(?: (?:this|an? (?:short |quick |new )?{_TEXT}))?(?: (?:saying|that says))?"
    rf"|draft (?:an? |the |my )?{_TEXT}.*)",
    re.IGNORECASE,
)
_FOR_INFORMATION = re.compile(r"(?:fyi|fwd|fw|via)\b", re.IGNORECASE)


def given_after(line: str) -> int | None:
    """Where, on a line, a text begins that is given to be worked on, or is somebody's: "Translate: …", "Reply to Bob: …",
    "Bob wrote: …". None when there is none. What "FYI:" announces is the user's."""
    for colon in islice(_COLON.finditer(line), _MOST_COLONS):
        head = next(reversed(sentences(straight(line[: colon.start()][-_MOST_READ:]))), "")
        for words in dict.fromkeys((head, head.rpartition(": ")[2])):
            if _hands_a_text_over(words.lstrip("-*•# ").rstrip(_CLOSERS)):
                return colon.end()
    return None


def _hands_a_text_over(words: str) -> bool:
    if not words or len(words) > _MOST_ORDER or _FOR_INFORMATION.match(words):
        return False
    is_own = _OWN.search(words) is not None and _ANOTHERS.search(words) is None
    return not is_own and any(each.fullmatch(words) is not None for each in (_ORDER, _HANDS_OVER, _TO_BE_SENT))


def introduces(line: str, following: str = "") -> bool:
    """Is what stands after this line somebody's text? `following`: the first words of it. A line does that ends in ":" or
    "?", or only orders something to be done to a text, or says whose it is; not one that asks to remember what follows or
    says that it is about the user, nor one that is followed by "by the way"."""
    last = next(reversed(sentences(straight(line[-_MOST_READ:]))), "").rstrip(_CLOSERS)
    words = last.rstrip(_ENDS + ":?-–—").lstrip("-*•# ")
    if not words:
        return False
    if not last.endswith("?") and _OWN.search(words) is not None and _ANOTHERS.search(words) is None:
        return False
    if last.endswith(":"):
        return True
    return _is_order_or_question(last, words) and _GOES_ON.match(following) is None


def _is_order_or_question(last: str, words: str) -> bool:
    if last.endswith("?"):
        return True
    return len(words) <= _MOST_ORDER and any(each.fullmatch(words) is not None for each in (_ORDER, _HANDS_OVER))
