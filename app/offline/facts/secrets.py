"""What must not be kept although it is said: passwords and the like, with their value."""

import re

_SECRET = re.compile(
    r"\b(?:password|passcode|passphrase|(?<!\bi )(?<!\bwe )pin(?: code)?|cvv|cvc|credit card(?: number)?|card number|api key"
    r"|secret key|access token|private key)\b",
    re.IGNORECASE,
)
_NO_VALUE = re.compile(
    r"s?(?: (?:for|of) [^,.]{1,60}?)? (?:policy|manager|reset|rotation|rules?|rotates?|expires?|changes?|lives?|lie|lies"
    r"|(?:is|are) (?:in|at|with|kept|stored|rotated|changed|managed|reset|renewed|shared|never|not|always|due|on (?:the|a|my"
    r"|our)|under|written|behind|known)|must|should|has to|have to)\b",
    re.IGNORECASE,
)


def tells_secret(sentence: str) -> bool:
    """Unless the sentence only says where a secret is kept, or when it changes."""
    match = _SECRET.search(sentence)
    return match is not None and _NO_VALUE.match(sentence, match.end()) is None
