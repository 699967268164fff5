"""Where a value ends that text assigns: at its quote, at the next name of a list, at what was opened before it."""

import re

from views.secrets.names import PASSWORDS
from views.secrets.replacing import Span, Work

_QUOTES = 20
_PEELED = 8
LINE = 240
"""Characters of a line before and after a value that are looked at for what was opened there."""
_MARK_OR_END = {mark: re.compile(f"[{mark}\n]") for mark in "\"'`"}
_ENCODED_OR_END = re.compile(r"[\n%&](?:(?<=\n)|(?<=%)(?<!%5[Cc]%)2[27]|(?<=&)(?<!\\&)(?:quot|#3[49]);)")
ENDS_A_VALUE = re.compile(r"[\s,;:.)\]}>&+?!\\/]|</|%(?:2C|7D|5D|3A|0A|20)|\Z", re.IGNORECASE)
MOST = 240
"""Characters of an unquoted value that are looked at; where it is hidden and longer, `whole` has the rest of it."""
RUN = re.compile(rf"\S{{1,{MOST}}}+")
_MORE = re.compile(r"\S++")
# What ends a value within a run of characters: the next name, an escaped line's end, a tag. A short name could as well
# be a part of the value, but for one of a query.
_AND = r"(?<=&)[A-Za-z_][\w.-]{2,60}(?:\[\w{0,40}\]|%5[Bb]\w{0,40}%5[Dd])*=(?![;,\s]|\Z)|(?<=&)(?:amp|quot|#3[49]);"
_SEMICOLON = r"(?<=;)[A-Za-z][\w .-]{2,40}+=(?![,\s]|\Z)"
_COMMA = r"(?<=,)\\{0,4}(?:[\"'][A-Za-z_]|[A-Za-z_][\w.-]{2,40}+\\{0,4}[\"']?[=:])"
_BREAK = (
    r"(?<=\\)[nrt](?=[\\ \t})\]]|[0-9]{4}-|[A-Za-z_][\w.-]{0,40}+(?:[=:\"']|\Z))"
    r"|(?<=<)/[A-Za-z][\w:-]{0,40}+>|(?<=<)(?:[bh]r|p|li|div|span|code|strong)\s?/?>"
)
_STOP = re.compile(rf"[&;\\<](?:{_AND}|{_SEMICOLON}|{_BREAK})")
_STOP_IN_LIST = re.compile(rf"[&;\\<,](?:{_AND}|{_SEMICOLON}|{_COMMA}|{_BREAK})")
_STOP_AFTER = {
    **dict.fromkeys(("", ",", "{", "(", "[", '"', "'"), _STOP_IN_LIST),
    **dict.fromkeys("?&", re.compile(rf"[&\\<](?:(?<=&)[\w%.\[\];-]{{0,60}}+=|{_AND}|{_BREAK})")),
    ";": re.compile(rf"[;&\\<](?:{_SEMICOLON}|(?<=&)amp;|{_BREAK})"),
}
"""By the character before the name."""
_PLAIN_ONE = re.compile(r"(?![.%-])[\w.%-]{4,}+(?=&[a-z_]\w?=|,[a-z_]\w?[=:])", re.I)
"""A value that begins with no sign of its own and has none but those of a word: a short name after it is one."""
_ENCODED_STOP = re.compile(r"[%&\"'<>](?:(?<!%)|2[267]|0[aAdD])")
_APOSTROPHE = re.compile(r"(?<=[^\W_])'")
_PAIR = re.compile(r" [\w.-]{1,40}+[=:]")
_ENDED = re.compile(r"\Z|\n|[ \t]{1,3}[A-Z]")
_SENTENCE = re.compile(r"\s*[A-Za-z]+,?[ \t][A-Za-z]+")
_SPACED = re.compile(r"(?:[^\s,;][ \t]{1,3}|map\[)[\w.-]{1,60}[=:]\Z")
"""A name in a list without commas: a comma after its value belongs to the value."""
_MARK = re.compile("[\"'`]")
_OPENED = {")": "(", "]": "[", "}": "{", ">": "<"}
_PEELABLE = frozenset(".,)]}>")
_BRACKET = re.compile(r"[\[({\])}\n]|(?P<quote>\\{0,8}[\"'])(?>(?:(?!(?P=quote))(?:\\.|[^\\\n]))*)(?P=quote)")
_BRACKETS = 4_000
"""Characters of a list or object that are looked at."""
_ITEM = re.compile(r"[^;\"'\n<>]{1,240}+(?=;(?:[\w ]{1,40}=|\s|[\"']|\Z))")
_OWN_LINE = re.compile(r"(?:\A|\n)[ \t]*(?:- |export )?\Z")
_WORDS_ON = re.compile(r"(?>(?:[ \t]{1,3}(?!#|[\w.-]{1,40}+[=:])[^\s\"']{1,64}+){1,12})(?=\s|\Z)")


def closing(text: str, begin: int, quote: str, limit: int | None = None) -> int:
    """Where a quoted value ends: at its quote, escaped as often as the opening one, else at the end of the line.

    -1 where that is more than `limit` characters away.
    """
    stop = len(text) if limit is None else begin + limit
    end = _closing(text, begin, quote, stop)
    return -1 if end < 0 and limit is not None and stop < len(text) else (len(text) if end < 0 else end)


def _closing(text: str, begin: int, quote: str, stop: int) -> int:
    if quote.lstrip("\\") in ('"""', "'''"):
        return text.find(quote, begin, stop)
    escapes = len(quote) - len(quote.lstrip("\\"))
    mark = quote[escapes:]
    within, passed = -1, 0
    for match in _MARK_OR_END.get(mark, _ENCODED_OR_END).finditer(text, begin, stop):
        at = match.start()
        if match[0] == "\n":
            return within if within >= 0 else at
        if match[0] != mark:
            continue
        slashes = (
            at - len(text[max(begin, at - 16) : at].rstrip("\\")) - max(begin, at - 16) if text[at - 1] == "\\" else 0
        )
        if slashes == escapes or (not escapes and slashes % 2 == 0):
            within, passed = match.end() - len(quote), passed + 1
            if passed > _QUOTES or ENDS_A_VALUE.match(text, match.end()):
                break  # else it is `"ab"cd"`: a quote that nobody escaped
    return within


def end_of_brackets(text: str, at: int, work: Work) -> int:
    """Where the list or object ends that begins there, else the line or what is looked at of it."""
    depth, stop = 0, at + _BRACKETS
    for found in _BRACKET.finditer(text, at, stop):
        work.spend(1)
        if found[0] == "\n":
            return found.start()
        if found["quote"] is None:
            depth += 1 if found[0] in "[({" else -1
        if depth <= 0:
            return found.end()
    return min(stop, len(text))


def end_of_words(text: str, at: int, end: int, before: str, words: list[str]) -> int:
    """Where a value with spaces ends that the next `;` of a connection string ends, or the line that is its own."""
    if text.startswith("[[", at) and (closed := text.find("]]", at, at + MOST)) > 0:
        return closed  # Lua
    if before.endswith(";") and not before.endswith("&amp;") and (item := _ITEM.match(text, at)):
        return max(end, item.end())
    lines = "\n" in before or "\n" in text[end : end + LINE]
    if lines and words[-1] in PASSWORDS and _OWN_LINE.search(before) and (rest := _WORDS_ON.match(text, end)):
        return rest.end()
    return end


def end_of_argument(text: str, at: int, option: str) -> int:
    """Where the value of a command's option ends: at the quote that the option ends with, if any."""
    if option[-1:] in ("'", '"'):
        return closing(text, at, option[-1])
    return whole(text, (at, end_of_run(text, at)))[1]


def end_of_run(text: str, at: int, stop: re.Pattern[str] = _STOP) -> int:
    """Where an unquoted value ends.

    Any character may be in it: a quote or bracket ends it only when the same was opened before, a comma, `&` or `;`
    only when another name follows.
    """
    run = RUN.match(text, at)
    if not run:
        return at
    end = run.end()
    if stopped := stop.search(text, at, end):
        end = stopped.start()
    elif end - at == MOST:
        return end
    if text[end - 1] not in _PEELABLE and not _MARK.search(text, at, end):
        return end
    line = text[max(0, at - LINE) : at].rpartition("\n")[2]
    end = min(_quote_from_before(mark, text, at, end, line) for mark in "\"'`")
    for _ in range(_PEELED):
        if end <= at + 1:
            break
        last = text[end - 1]
        if (
            (last == "." and _ENDED.match(text, end) and _SENTENCE.match(line))
            or (last == "," and _PAIR.match(text, end) and not _SPACED.search(line))
            or (last in _OPENED and _was_opened(last, line, text[at : end + LINE], end - at))
        ):
            end -= 1
        else:
            break
    return end


def end_in_list(text: str, at: int, before: str, *, encoded: bool) -> int:
    """Where an unquoted value ends whose name follows `before`: names of such a list end it."""
    end = end_of_run(text, at, _ENCODED_STOP if encoded else _STOP_AFTER.get(before[-1:], _STOP))
    plain = _PLAIN_ONE.match(text, at, end)
    return plain.end() if plain else end


def whole(text: str, span: Span) -> Span:
    """With the rest of a value of which only the beginning was looked at."""
    more = _MORE.match(text, span[1]) if span[1] - span[0] == MOST else None
    return (span[0], more.end()) if more else span


def _quote_from_before(mark: str, text: str, at: int, end: int, line: str) -> int:
    """Where the first such quote closes one from before the value, else the end."""
    found = text.find(mark, at, end)
    if found < 0:
        return end
    bare = at + len(text[at:found].rstrip("\\"))
    if bare < found:
        return bare if "\\" + mark in line else end
    opening = line.count(mark) - (len(_APOSTROPHE.findall(line)) if mark == "'" else 0)
    return found if opening % 2 == 1 else end


def _was_opened(closer: str, line: str, value_on: str, length: int) -> bool:
    """Whether a bracket at the value's end closes one from before it, and none after the value does."""
    opener, rest = _OPENED[closer], value_on[length:].partition("\n")[0]
    opened = line.count(opener) - line.count(closer)
    inside = value_on[: length - 1]
    return opened > max(0, rest.count(closer) - rest.count(opener)) and inside.count(opener) <= inside.count(closer)
