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
        good|well|nice|great job|work|one|bot|done|stuff
        that's|that_is great|good|perfect|fine|nice|all|right|it
        cool thanks|thank_you
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
    "nothing": phrasings("""
        no|nope|nah|cancel|stop|abort|none|neither
        no , thanks|thank_you
        no thanks|thank_you
        never_mind|nevermind|forget_it|forget_that|forget_about_it|leave_it|skip_it|drop_it
        none of them|these|those
        nothing|not_now|not_that|not_really
        no , never_mind|forget_it
        no, never_mind|forget_it
    """),
    "yes": phrasings("""
        yes|yep|yeah|yup|sure|right|exactly|correct|of_course|absolutely|y
        yes , please
        yes, please|do|do_it|that_one
        yes please
        yes do it
        do it|that
        go ahead
    """),
    "correction": phrasings("""
        no|nope|not|wait|sorry|oops , {rest}
        no,|nope,|wait,|sorry,|oops, {rest}
        not that|this one
        not that|this one , {rest}
        not that|this one, {rest}
        the other one|task|note|project
        i meant {rest}
        i mean {rest}
        that|this is|was wrong|not_it|not_right|a_mistake|not_what_i_meant
        that's|this's wrong|not_it|not_right|a_mistake|not_what_i_meant
        wrong one|task|note|project
        oops|wrong|wait
    """),
    "undo": phrasings("""
        undo|revert
        undo|revert|take_back|reverse {rest}
        take|change|put it|that back
        go back
    """),
    "condition": phrasings("""
        if|unless|once|whenever|in_case|as_soon_as {rest}
        when {rest} then {then}
        what if {rest}
        what happens|would_happen if|when {rest}
    """),
    "negation": phrasings("""
        don't|do_not|dont|never|please_don't {rest}
        i|we don't|do_not|dont|won't|will_not|didn't|did_not|haven't|have_not|can't|cannot {rest}
    """),
    "emptying": phrasings("""
        remove|clear|delete|unset|drop [the|its] due_date|deadline|date|priority|assignee|assignees of|from|on|for {rest}
        remove|clear|delete|unset|drop [the|its] description|status|project|industry|client|parent|content of|from {rest}
        remove|clear|delete|unset|erase|drop its|the due_date|deadline|priority|description|assignee|status
        unassign {rest}
        remove {what} from {rest}
        take {what} off|out_of {rest}
    """),
    "wholesale": phrasings("""
        clear|empty|wipe|reset|purge|clean_up|clean_out [all] [of] [my|the|our] tasks|task_list|list|lists|todos|todo_list
        clear|empty|wipe|reset|purge|clean_up|clean_out [all] [of] [my|the|our] to-do_list|notes|projects|data|everything
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
