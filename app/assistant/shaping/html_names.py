"""Names of HTML, SVG and MathML elements. A tag of another name is text: `List<int>`."""

_NAMES = """
a abbr acronym address animate applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote
body br button canvas caption center circle cite code col colgroup command content data datalist dd defs del desc
details dfn dialog dir div dl dt element ellipse em embed fencedframe fieldset figcaption figure filter font footer
foreignobject form frame frameset g h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex
kbd keygen label legend li line link listing main map mark marker marquee mask math menu menuitem meta metadata meter
multicol nav nextid nobr noembed noframes noscript object ol optgroup option output p param path pattern picture
plaintext polygon polyline portal pre progress q rb rect rp rt rtc ruby s samp script search section select
selectedcontent shadow slot small source spacer span stop strike strong style sub summary sup svg symbol table tbody td
template text textarea textpath tfoot th thead time title tr track tspan tt u ul use var video view wbr xml xmp
"""
_PARTING = "br dd div dt h1 h2 h3 h4 h5 h6 hr li option p td th tr"

HTML_NAMES = frozenset(_NAMES.split())
SWALLOWED = frozenset({"script", "style"})  # go with what is in them
PARTS_WORDS = frozenset(_PARTING.split())  # begin a line or a cell
