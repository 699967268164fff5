"""Where the value lies that text assigns to a secret name, quoted or not."""

import re
from typing import NamedTuple

from views.secrets.code import PATH, SAYING, is_code
from views.secrets.endings import (
    ENDS_A_VALUE,
    LINE,
    MOST,
    RUN,
    closing,
    end_in_list,
    end_of_brackets,
    end_of_run,
    end_of_words,
    whole,
)
from views.secrets.names import PASSWORDS, Secret, is_required, is_symbolic, looks_like_credential, says_nothing
from views.secrets.patterns import holds_token
from views.secrets.replacing import Span, Work

QUOTE = re.compile(r"[bBrRuUfFnN@$]{0,2}(\\{0,8}(?:\"\"\"|'''|[\"'`])|%2[27]|&quot;|&#3[49];)")
# A comma or bracket ends a value unless more of a word follows: `password=a,b` but `f(password=a, b=c)`.
_WORD = re.compile(r"[\[({]?(?:[^\s&;,\"'`<>(){}\[\]|\\]|[)}\]](?=[\w!@#$%^*])|,(?![\w.-]{0,40}+[=:])(?=[^\s,\"'<>]))+")
# A variable of a shell, an attribute in PHP, a type with its arguments.
_VARIABLE = re.compile(
    r"\$\{\w{1,80}\}|\$\(\w|\$[A-Za-z_]\w{0,80}(?:->|::)[A-Za-z_]"
    r"|[A-Z][\w.:]{1,60}<[\w.:<>\[\], ]{1,80}>(?=[\s,;)=]|\Z)"
)
_OBJECTS = re.compile(r"[\[({][\[({][A-Za-z_]\w*: ")
_PERL = re.compile(r"qq?\{(?P<value>[^\n{}]{1,240})\}(?=[;,)]*(?:\s|\Z))")
_LITERALS = re.compile(r"[\[({][\"'](?=[^\"'\n])")
_SCHEME = re.compile(
    r"(?:(bearer|basic|token|negotiate|ntlm|api-?key|key|jwt)|(?:digest|aws4-hmac-sha256|hawk|oauth|sentry|dsn))\s+",
    re.I,
)
_CREDENTIALS = re.compile(r"[^\s\"'<>,;\\]+")
_REST_OF_LINE = re.compile(r"[^\r\n]+")
_REST_TO_QUOTE = re.compile(r"[^\r\n\"']+")
_COOKIE = re.compile(r"[^\s=;,|({\[]{1,128}+=")
_SETS = re.compile(r"(?:\A|\n|\\n)[ \t]*(?:ENV|ARG|[Ss]et[xX]|setenv)[ \t]+\Z")
_PUNCTUATION = ".,;:!?)"
_QUOTES = frozenset("\"'`")
_SIMPLE = re.compile(r"[\w.@/+-]+")
_ANNOUNCED = re.compile(r"(?:\A|\s)(?:is|was|to|es|est|ist|lautet|era):\Z")
_WITH = ("with ", "using ", "With ", "Using ")
_ARGUMENT = re.compile(r"[A-Za-z_][\w.]*[=:]")
_GOES_ON = re.compile(r"[\"'`][^\W_](?!\w{0,64}[\"'`])")
_LETTERS = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_PLAIN = re.compile(r"[\w-]*")
_MOST = 300
_HEADERS = frozenset("authorization cookie".split())


class Assigned(NamedTuple):
    """What was found before a value."""

    text: str
    at: int
    """Where the value begins."""
    words: list[str]
    """Of the name."""
    secret: Secret
    before: str
    """What stands before the name, 64 characters at most."""
    close: str
    """The quote or bracket that ends the name."""
    separator: str
    between: str
    """All that stands between the name and its value, as written."""


def unquoted(given: Assigned, work: Work) -> Span | None:
    """Where an unquoted value lies."""
    text, at, words, secret, before, close, separator, between = given
    if run := RUN.match(text, at):
        is_quoting = not _QUOTES.isdisjoint(run[0])  # then what was opened before it is looked for
        work.spend(6 + (run.end() - at) // 32 + 2 * is_quoting)
    last = words[-1]
    if last == "authorization" and (scheme := _SCHEME.match(text, at)):
        rest = _CREDENTIALS if scheme[1] else (_REST_TO_QUOTE if before[-1:] in ("'", '"') else _REST_OF_LINE)
        credentials = rest.match(text, scheme.end())
        return credentials.span() if credentials and credentials.group().lower() not in SAYING else None
    if last in ("cookie", "cookies") and ":" in between and _COOKIE.match(text, at):
        line = (_REST_TO_QUOTE if before[-1:] in ("'", '"') else _REST_OF_LINE).match(text, at)
        if line:
            return line.span()
    if close and not close.endswith(("]", "%5d")) and text[at : at + 1] in ("[", "(", "{"):
        sure = secret is Secret.YES and between.strip("\\\"' \t") != "="
        end = end_of_brackets(text, at, work) if sure else at
        return (at, end) if end > at and not says_nothing(text[at + 1 : end - 1]) else None
    if not close and secret is Secret.YES and between.strip(" \t") in ("=", ":") and _LITERALS.match(text, at):
        end = end_of_brackets(text, at, work)
        return (at, end) if any(map(str.isdigit, text[at:end])) else None
    if _VARIABLE.match(text, at) or _OBJECTS.match(text, at):
        return None
    if separator in ("=", "=>") and (literal := _PERL.match(text, at)):
        return literal.span("value")
    word = _WORD.match(text, at, at + MOST)
    if (
        word
        and (not is_symbolic(text[at : at + 40].split(None, 1)[0]) or " " in between)
        and is_code(word.group(), _opens(text, word.end()), between, words)
    ):
        return None
    if run and run[0][0] == "=" and PATH.fullmatch(run[0][1:].rstrip("):")):
        return None  # a==b
    if between.isspace() or before.endswith("map["):  # an option's value, one of Go's map: a comma lists nothing
        end = end_of_run(text, at)
    else:
        end = end_in_list(text, at, before, encoded=separator.startswith("%3"))
    value = text[at:end]
    bare = word.group() if word and any(map(str.isalnum, word.group())) else value
    if says_nothing(bare) or says_nothing(value) or is_required(value):
        return None
    if secret is Secret.YES and separator in (":", "="):
        if value.isalpha() and says_nothing(text[at : at + LINE].partition("\n")[0]):
            return None  # password: This field is required.
        end = end_of_words(text, at, end, before, words)
    if not word and (len(value) < 6 or not any(map(str.isalnum, value))):
        return None  # an empty value, and what comes after it
    if secret is Secret.MAYBE:
        end = at + len(re.split(r"[,<\\;]", value, maxsplit=1)[0].rstrip(".,:;"))
        if not looks_like_credential(text[at:end]):
            return None
    return whole(text, (at, end))


def _opens(text: str, end: int) -> str:
    """The bracket that opens at a word's end and is closed on the same line: a call or an item."""
    closer = {"(": ")", "[": "]"}.get(text[end : end + 1], "")
    return text[end] if closer and closer in text[end : end + LINE].partition("\n")[0] else ""


def quoted(given: Assigned, quote: re.Match[str], work: Work) -> Span | None:
    """Where a quoted value lies, without its quotes; with the first one where that may be the value's own."""
    text, _, words, secret, before, close, separator, _ = given
    begin = quote.end()
    if not close and before[-1:] == quote[0] and separator:
        return None  # the end of a text about it: 'password: '
    if words[-1] in ("token", "tokens") and before.lower().endswith(("unexpected ", "illegal ")):
        return None  # a parser's words: unexpected token: 'x'
    sure = secret is Secret.YES and separator not in ("", ",", "(")
    end = closing(text, begin, quote[1], None if sure else _MOST)
    if end < 0:
        if secret is not Secret.YES or any(map(str.isspace, text[begin : begin + _MOST])):
            return None
        end = closing(text, begin, quote[1])
    work.spend((end - begin) // 24)
    value = text[begin:end]
    closed, first = text.startswith(quote[1], end), value.partition(" ")[0]
    if closed:
        odd = _GOES_ON.match(text, end) or (first == value and not ENDS_A_VALUE.match(text, end + len(quote[1])))
    else:
        odd = is_symbolic(first)
    if says_nothing(value) or is_required(value):
        return None
    if sure and len(quote[1]) == 1 and odd and (stop := end_of_run(text, quote.start())) >= (end if closed else begin):
        return whole(text, (quote.start(), stop))  # a value that begins with this sign
    if secret is Secret.MAYBE and not looks_like_credential(value):
        return None
    if sure and not closed and not _PLAIN.fullmatch(value):
        begin = quote.start()
    if separator == "":  # password 'hunter2'
        named = words[-1] in PASSWORDS and words[-1] != "pass"
        plain = not close and (named or before.endswith(":") or _SETS.search(before))
        return (begin, end) if plain else None
    if separator == "(":  # secret("hunter2"), not password("Enter it: ")
        word = " " not in value and not value.endswith(":") and not _LETTERS.fullmatch(value)
        return (begin, end) if word else None
    if separator == ",":
        return (begin, end) if _is_paired(given, value, text[end + 1 : end + 2]) else None
    return begin, end


def _is_paired(given: Assigned, value: str, after: str) -> bool:
    """A pair such as ('password', 'hunter2') or {password, "hunter2"}, or two of a list of headers, not of names."""
    before, close, words = given.before, given.close, given.words
    if "_" in value and value.replace("_", "").isalpha():
        return False
    if not close:
        return before.rstrip(":").endswith("{") and after == "}"
    signs = len(value) > 5 and (is_symbolic(value) or any(map(str.isdigit, value)))
    clear = looks_like_credential(value) or "=" in value or " " in value or signs
    opened = before[-1:] in ("'", '"') and before[-2:-1] in ("(", "[") and after in (")", "]", "")
    header = words[-1] in _HEADERS or (len(words) > 1 and words[0] == "x" and looks_like_credential(value))
    return (opened or header) and clear and not close.endswith("]")


def said(given: Assigned, verb: str) -> Span | None:
    """`the password for ann is hunter2`, `ENV DB_PASSWORD hunter2`: only what no word of a sentence looks like."""
    text, at, words, secret, before, close, _, _ = given
    if close or secret is Secret.NO or text[at] in "\"'`":
        return None
    end = end_of_run(text, at)
    if end - at > 200:
        return None
    if not is_symbolic(text[at : end - 1]):
        simple = _SIMPLE.fullmatch(text[at:end].rstrip(_PUNCTUATION))
        end = at + len(text[at:end].rstrip(_PUNCTUATION if simple else ".,"))
    value = text[at:end]
    if not verb and _SETS.search(before) and not says_nothing(value) and value[0] not in "$=":
        return at, end
    if not verb and (before.endswith("/") or secret is Secret.MAYBE):
        return None  # POST /oauth/token HTTP/1.1, OAuth 1.0a
    plain = value.replace("-", "").replace("_", "").replace(".", "").replace("/", "")
    digits = sum(map(str.isdigit, value))
    if len(value) < 4 or says_nothing(value) or _LETTERS.fullmatch(value) or plain.isalpha() or plain.isdigit():
        return None
    if not verb and not (words[-1] in PASSWORDS or (digits and (len(words) > 1 or before.endswith(_WITH)))):
        return None
    if not _ANNOUNCED.search(verb) and (
        _ARGUMENT.match(value) or value[0] in "[{<=:!&|+*/$%#-" or "(" in value or "://" in value
    ):
        return None  # code
    if not digits and plain.isalnum():
        return None
    sure = (secret is Secret.YES or looks_like_credential(value)) and not holds_token(text, at, end)
    return (at, end) if sure else None
