"""Wishes to change, delete, comment or look at one row: the tables of phrasings, and what their slots mean."""

from app.offline.reading.templates import phrasings

STATUS = (
    *phrasings("mark|set|flag {target} as|to not_done|not_finished|not_completed|incomplete|unfinished", status="todo"),
    *phrasings("""
        set|change|update the status of|for {target} to|as {status}
        set|change|update status of|for {target} to|as {status}
        set|change|update the status to|as {status}
        set|change|update status to|as {status}
        mark|set|flag|change|move|update|put {target} as|to|into {status}
        mark|flag {target} {status}
        {target} is|are [now|already] {status}
        i|we am|are [now] {status} with {target}
    """),
    *phrasings(
        """
        complete|finish|close|check_off|tick_off|resolve {target}
        mark|check|tick|cross {target} off
        i|we have|just finished|completed|did|closed {target}
        i|we finished|completed|did|closed {target}
        i've|we've finished|completed|done|closed {target}
        i'm|i_am|we're|we_are done|finished|through|ready with {target}
        """,
        status="done",
    ),
    *phrasings(
        """
        start|begin working_on|work_on|with {target}
        start|begin {target}
        i'm|i_am|we're|we_are working_on {target}
        i|we started|began {target}
        """,
        status="in_progress",
    ),
    *phrasings("reopen|re-open|uncheck|untick {target}", status="todo"),
)
PRIORITY = (
    *phrasings("""
        set|change|update|make [the] priority to|as {priority}
        set|change|update priority of|for {target} to|as {priority}
        set|change|make {target} priority to {priority}
        set|change|update|move the priority of|for {target} to|as {priority}
        set|change|update the priority of|for {target} to {priority} priority
        set|change|make|mark|give|move|raise|lower {target} to|as|a {priority} priority
        set|change|make|mark|give {target} {priority} priority
        set|make|mark {target} to|as {priority}
        make {target} {priority}
        {target} is|has {priority} priority
        {target} is {priority}
        lower|raise|increase|decrease|reduce the priority of {target} to {priority}
    """),
    *phrasings(
        """
        raise|increase the priority of {target}
        prioritize|prioritise {target}
        """,
        priority="high",
    ),
    *phrasings(
        """
        lower|decrease|reduce the priority of {target}
        deprioritize|deprioritise {target}
        """,
        priority="low",
    ),
)
SHIFT = phrasings("""
    postpone|delay|push|move|defer|shift|push_back|snooze {target} by {days} days|day
    postpone|delay|push|move|defer|shift|push_back|snooze {target} by {days} weeks|week
    postpone|delay|push|move|defer|shift|snooze {target} {days} days|day
""")
DUE = phrasings("""
    set|change|move|update [the] due_date|deadline|date to {when}
    set|change|move|update due_date|deadline|date of|for {target} to {when}
    set|change|move|update the due_date|deadline|date of|for {target} to|on|as {when}
    postpone|move|reschedule|push|delay|defer|shift {target} to|until|till|for|on {when}
    change|snooze|push_back|bring_forward|schedule {target} to|until|till|for|on {when}
    set|make|mark {target} due [date] [to|on|by|for] {when}
    {target} is|are [now] due [on|by|at] {when}
    the due_date|deadline|date of {target} is {when}
    postpone|reschedule|push|delay|defer|snooze {target} {when}
""")
RENAME = phrasings("""
    rename|retitle {target} to|as|into {title}
    rename|retitle {target} : {title}
    change|set|update the title|name of {target} to {title}
    change {noun} name|title from {target} to {title}
""")
PROJECT = phrasings("""
    move|assign|add|put|link|attach {target} to|in|into|under [the|my] project {project}
    move|assign|add|put|link|attach {target} to|in|into|under [the|my] {project} project
    set|change the project of {target} to [the|project] {project}
""")
CLIENT = phrasings("""
    move|assign|add|put|link {target} to|under [the|my] client|customer {client}
    set|change the client|customer of {target} to [client] {client}
""")
PARENT = phrasings("""
    move|put {target} under [the] client {parent}
    make {target} a subsidiary|child|branch of [client] {parent}
    set|change the parent of {target} to [client] {parent}
""")
INDUSTRY = phrasings("""
    set|change|update the industry of|for {target} to {industry}
    set|change|update {target} industry to {industry}
""")
ASSIGNEE = phrasings("""
    assign|give|delegate {target} to {assignee}
    set|change the assignee of {target} to {assignee}
""")
DESCRIPTION = phrasings("""
    set|change|update the description|summary of|for {target} to {description}
    set|change|update the description|summary of|for {target} : {description}
    add a|the description to {target} : {description}
    describe {target} as {description}
""")
MOVE = phrasings("move|put|add {target} to|into {project}")
ARCHIVE = phrasings(
    """
    archive {target}
    mark|set|flag|change|move {target} as|to archived|inactive
    set|change the status of {target} to archived|inactive
    """,
    status="archived",
)
UNARCHIVE = phrasings(
    """
    unarchive|restore|reactivate|un-archive {target}
    mark|set|change {target} as|to active
    set|change the status of {target} to active
    """,
    status="active",
)
APPROVE = phrasings("""
    approve|confirm|accept {target}
    mark {target} as approved
""")
DELETE = phrasings("""
    delete|remove|erase|trash|drop|discard {target}
    get_rid_of|throw_away {target}
""")
COMMENT = phrasings("""
    add|write|post|leave|put a [new] comment|remark to|on|for|under {target} : {content}
    add|write|post|leave|put a [new] comment|remark to|on|for|under {target} saying|that_says {content}
    add|write|post|leave|put a [new] comment|remark : {content} to|on|for|under {target}
    add|write|post|leave|put a|the [new] comment|remark {content} to|on|for|under {target}
    add|write|post|leave|put comment|remark {content} to|on|for|under {target}
    add|write|post|leave|put a [new] comment|remark : {content}
    comment on|under {target} : {content}
    comment on|under {target} that|saying {content}
    comment {content} on|under|to {target}
""")
COMMENTS = phrasings("""
    list|show|read|get|see|display [me] [all] [the] comments|remarks of|on|for|to|about|under|from {target}
    what|which [are|comments] [the] comments|are|remarks on|of|for|there_on|there_for|under {target}
    what comments does|do {target} have
    what did people|anyone|they|we say|write about|on {target}
    are|do there|we any|have comments|any_comments on|for {target}
    how many comments does|do {target} have
    how many comments are there on|for {target}
    comments of|on|for {target}
    list|show|read|see [me] its|the comments
""")
UNCOMMENT = (
    *phrasings("delete|remove|erase the first|oldest comment|remark of|on|from|for|to {target}", which="first"),
    *phrasings(
        """
        delete|remove|erase the|my [last|latest|newest|most_recent] comment|remark of|on|from|for|to {target}
        delete|remove|erase the|my last|latest|newest comment|remark
        """,
        which="last",
    ),
)
APPEND = phrasings("""
    append|add {content} to [the|my] note|notes {target}
    append|add to [the|my] note {target} : {content}
    append to {target} : {content}
    append {content} to {target}
    add {content} to [the|my] {target} note
    add to [the|my] {target} note : {content}
""")
REWRITE = phrasings("""
    replace|change|set|update [the] content|text of [the|my] note {target} to|with|by {content}
    replace|change|set|update [the] content|text of [the|my] note {target} : {content}
    rewrite|update|change|edit|overwrite [the|my] note {target} : {content}
""")
SHOW_NOTE = phrasings("""
    show|read|open|display|see|view|get [me] [the|my] note|notes [called|named|titled|about] {target}
    show|read|open|display|see|view|get [me] [the|my] {target} note
    read [me] {target}
    what does [the|my] note|notes {target} say
    what does [the|my] {target} note say
    what is in|what's_in [the|my] note {target}
    what's in [the|my] note {target}
""")
SHOW = phrasings("""
    tell me [more] about {target}
    show|open|display|view [me] [the] details of|for|on|about {target}
    what is|was the status|priority|due_date|deadline|date|industry|client|project of|for {target}
    what's the status|priority|due_date|deadline|date|industry|client|project of|for {target}
    what do you|we know about {target}
    when is|was|does {target} due
    when is|was|does {target} start|starting|planned|scheduled
    when is|was {target}
    who is assigned_to|working_on|responsible_for {target}
    is|are {target} [already|still] done|finished|complete|completed|ready|open|late|overdue|closed [yet|already]
    did|have i|we [already] finish|finished|complete|completed|close|closed|do|done {target} [yet|already]
    details of|about {target}
    how is|are {target} [going] going|doing|coming_along|progressing
    how's {target} [going] going|doing|coming_along|progressing
    how far is|are {target}
    info on|about {target}
    show|open|display|view [me] {target}
    what|who is {this}
    what's|who's {this}
    what|who is {this} about
    what's {this} about
    when is {this}
    summarize|summarise|describe [me] {target}
    explain [me] {this}
    summary|description|overview of {target}
    give [me] a|the summary|description|overview of {target}
    which|what client is|does {target} for|belong_to
""")
SEARCH_NOTES = phrasings("""
    find|search|look_for|show|list|get|give|search_for|look_up [me] [all] [my|the|any] notes|note about|on|with {search}
    find|search|show|list|get [me] [all] [my|the|any] notes|note regarding|concerning|mentioning|containing {search}
    find|search|show|list|get [me] [all] [my|the|any] notes|note related_to|that_mention|that_are_about {search}
    search|look [in|through] [my|the] notes for {search}
    search|find notes : {search}
    what|which [do] [my] notes say about {search}
    what|which notes mention|are_about|talk_about|do_i_have_about|do_i_have_on|are_there_about {search}
    do|did i|we have|write|take any notes|note about|on|regarding {search}
    are there any notes about|on {search}
    what did|have i|we write|written|note|noted [down] about|on {search}
    what do|does my notes say about|on {search}
    notes about|on|regarding {search}
    where did i|we write|note about|down|that {search}
    is there a note about|on {search}
""")
