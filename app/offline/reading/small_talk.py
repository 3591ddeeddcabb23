"""Words that ask for no data."""

from app.offline.reading.templates import fits, phrasings

KINDS = {
    "greeting": phrasings("""
        hi|hello|hey|hallo|ciao|greetings|yo|howdy
        hi|hello|hey there|you|again|everyone|assistant
        good morning|afternoon|evening|day
        how are you [today|doing]
        how's it going
    """),
    "thanks": phrasings("""
        thanks|thank_you|thx|cheers|great|perfect|nice|cool|ok|okay|good|awesome|super
        thanks|thank_you a_lot|so_much|very_much|!
        great|perfect|nice|cool|ok|okay , thanks|thank_you
        great, thanks|thank_you
        perfect, thanks|thank_you
        ok, thanks|thank_you
    """),
    "farewell": phrasings("""
        bye|goodbye|see_you|good_night|cu
        see you later|tomorrow|soon
    """),
    "identity": phrasings("""
        who|what are you
        what is your name
        what's your name
        what|which model are|is|do you|this [use|using]
        are you a|an [real] ai|bot|robot|human|person|llm|chatgpt|claude|gpt
        introduce yourself
        tell me about yourself
        are you offline
    """),
    "abilities": phrasings("""
        help
        help me
        what can|could|do you do [for|me] [me]
        what can|could you help me|with [with]
        how can|could you help [me]
        what can|should i ask|say|do [you] [here]
        how does|do this|you work
        how do i use you|this
        what do you understand|know
        show me what you can do
        examples|commands
    """),
}


def small_talk(text: str) -> str:
    """The kind of small talk; "" for none."""
    return next((kind for kind, table in KINDS.items() if any(fits(text, table))), "")
