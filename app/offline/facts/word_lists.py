"""Words whose kind matters, where grammar alone does not tell."""

import re

LANGUAGES = (
    "english|german|french|italian|spanish|portuguese|dutch|polish|czech|swedish|danish|norwegian|finnish|greek|turkish"
    "|russian|ukrainian|romanian|hungarian|arabic|hebrew|hindi|chinese|mandarin|cantonese|japanese|korean|catalan"
    "|croatian|serbian|bulgarian|slovak|slovenian|latin|swahili|vietnamese|thai|persian|farsi|urdu"
)
NATIONALITIES = (
    f"{LANGUAGES}|american|british|irish|scottish|welsh|canadian|australian|austrian|swiss|belgian|brazilian|mexican"
    "|argentinian|indian|egyptian|israeli|european|south african|nigerian|kenyan|colombian|chilean"
)
PEOPLE = (
    "wife|husband|partner|girlfriend|boyfriend|fianc[eé]e?|mother|mum|mom|father|dad|brother|sister|son|daughter"
    "|grandmother|grandma|grandfather|grandpa|boss|manager|supervisor|team lead|line manager|mentor|assistant"
    "|accountant"
    "|tax advisor|lawyer|dentist|doctor|gp|therapist|coach|trainer|landlord|landlady|babysitter|nanny|best friend"
    "|co-?founder|business partner|bookkeeper|deputy|baby|vet|cleaner|hairdresser|physio"
)
PETS = "dog|cat|horse|rabbit|hamster|parrot|turtle|puppy|kitten|bird"
THINGS = (
    r"e-?mail(?: address)?|(?:work |private |office )?(?:phone|mobile|cell)(?: phone)?(?: number)?|(?:home |work "
    r"|office |postal |billing )?address"
    r"|time ?zone|birthday|age|job(?: title)?|title|role|profession|occupation|company|employer|native language"
    r"|mother tongue|first language|(?:hourly|day|daily) rate|rate|(?:working|office|work|business) (?:hours|days)"
    r"|lunch break|day off|nationality|car|licen[cs]e plate|(?:shoe |shirt )?size|blood type|(?:tax|vat) (?:number"
    r"|id)|iban"
    r"|pronouns|star sign|hobby|hobbies|hometown|website|user ?name|handle|department|team|last name|surname|nickname"
    r"|home airport|dream|(?:main |biggest |personal )?goal|working language|currency|wedding anniversary|anniversary"
    r"|diet|religion|office|code name|[\w-]+ (?:preference|number|style|id)|editor|browser|airline|bank|insurance"
)
_ADJECTIVES = (
    "short long brief concise detailed direct clear simple plain formal informal casual polite friendly funny"
    " serious dry"
    " blunt honest big large small tiny little early late quick fast slow quiet loud noisy silent hot cold warm"
    " iced spicy"
    " sweet sour bitter salty dark light bright black white red blue green yellow orange purple pink grey gray brown"
    " metric imperial digital analogue analog physical virtual remote online offline weekly daily monthly yearly annual"
    " new old fresh cheap expensive free open closed strong weak soft hard dense sparse minimal minimalist modern"
    " classic"
    " classical live raw vegan vegetarian organic local foreign written spoken visual verbal public private technical"
    " high low deep flat round tall wide narrow full half single double unsolicited last-minute back-to-back"
    " step-by-step"
    " one-on-one face-to-face high-level low-level in-person 24-hour 12-hour good bad fancy rich thorough lengthy"
    " crowded"
    " sparkling still decaf proper regular frequent rare quarterly nightly flowery precise verbose wordy chatty"
    " structured"
)
ADJECTIVES = frozenset(_ADJECTIVES.split())
_PREPOSITIONS = (
    "in on at by before after for from with without during via as until till between over about near to into through"
    " around under within per every each when while whenever instead unless if"
)
PREPOSITIONS = frozenset(_PREPOSITIONS.split())
MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
DIETS = "vegetarian|vegan|pescatarian|pescetarian|flexitarian|omnivore|kosher|halal|keto|paleo|gluten[- ]free|teetotal"
ILLNESSES = (
    r"asthma|diabetes|adhd|add|dyslexia|migraines?|epilepsy|hay ?fever|c(?:o?e)liac disease|insomnia|tinnitus|arthritis"
    r"|anxiety|depression|autism|high blood pressure|a bad (?:back|knee)|a hearing aid|a pacemaker"
)
CONDITIONS = (
    r"dyslexic|colou?r[- ]?blind|deaf|blind|left-?handed|right-?handed|diabetic|pregnant|autistic|short-?sighted"
    r"|hard of hearing|epileptic|retired|self-?employed|bilingual|lactose intolerant|gluten intolerant"
)
PROFESSION = re.compile(
    r"(?:[\w-]+ ){0,3}?(?:\w{2,}(?:er|or|ist|ian|eer|ect|yst|tant)|accountant|consultant|nurse|chef|judge|pilot"
    r"|clerk|agent|lawyer"
    r"|attorney|freelance|student|intern|assistant|coach|cook|vet|head|ceo|cto|cfo|coo|cmo|founder|lead|vp|partner"
    r"|salesman|saleswoman|midwife|athlete|scientist|researcher|midwife|entrepreneur|surgeon|dev|pm|mechanic"
    r"|electrician|carpenter|hairdresser|florist|shop owner|business owner|stay-at-home (?:mum|mom|dad))"
    r"(?:(?:,| at| for| in| of| from| with| by) .+)?",
    re.IGNORECASE,
)
NO_PROFESSION = re.compile(
    r"(?:[\w-]+ ){0,2}?(?:person|riser|lover|fan|believer|user|member|customer|bit|little|mess|beginner|eater"
    r"|drinker|sleeper|owner"
    r"|follower|supporter|mother|father|brother|sister|winner|sucker|disaster|monster|loser|number|matter|order"
    r"|reader|player)\b",
    re.IGNORECASE,
)
_BIG = re.compile(r"[A-ZÀ-ÖØ-Þ]")


def is_adjective(word: str) -> bool:
    word = word.lower().strip(",")
    return word in ADJECTIVES or (len(word) > 5 and word.endswith(("ful", "less", "ous", "ive", "est")))


def is_name(words: str, most: int = 4) -> bool:
    """Words that all begin with a capital ("Jon Miller", "Anna de Rossi")."""
    parts = [
        part for part in words.split() if part.lower() not in ("de", "van", "von", "der", "da", "di", "of", "and", "&")
    ]
    return 0 < len(parts) <= most and all(_BIG.match(part) for part in parts)


def gerund(verb: str) -> str:
    """`work` → `working`: statements with `to work` and with `working` are about the same."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return f"{verb[:-1]}ing"
    is_short = re.fullmatch(r"[^aeiou]{0,3}[aeiou][^aeiouwxy]", verb) is not None
    return f"{verb}{verb[-1]}ing" if is_short else f"{verb}ing"
