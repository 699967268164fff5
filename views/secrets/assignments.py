"""Finds values that text assigns to secret names: query strings, headers, JSON, reprs, command lines, source code."""

import re
import string
from collections import defaultdict

from views.secrets.names import Secret, joined, says_nothing, secrecy, words_of
from views.secrets.patterns import holds_token
from views.secrets.replacing import REDACTED, Span, Work
from views.secrets.syntaxes import hide_flags, hide_rows, hide_turned
from views.secrets.values import QUOTE, Assigned, quoted, said, unquoted

# What is in every secret name, in lower case, with what must or must not follow; secrecy() looks at the whole name.
_PARTS = {
    "": """adgangskode auth bearer cookie cred csrf hasło haslo heslo jelsz jwt kennwort key lozinka losenord
    lösenord mnemonic otp parola pass privkey pwd salasana samlre secret senha sess sid sifre sig ssn token wachtwoord
    xsrf şifre κωδικός סיסמה 口令 密码 密碼 暗証番号 パスワード 비밀번호 รหัสผ่าน""",
    r"[ñn]a": "contrase",
    r"(?![a-z])": "clave cvc cvn cvv pin pw",
    r"(?=code|s?[ _.-]?(?:code|phrase|key|answer|number))": "backup pin recovery scratch security seed verification",
    r"(?<=[_\- pynts]code)s?(?![a-z])": "code",
    r"_?n": "cc",
    r"[ _.-]?(?:n(?:o|um)|code|cvv|pin|sec)": "card",
    r"(?:ection)?[ _.-]?str": "conn",
    r"[ _.-]?card(?![a-z])": "credit",
    r"[\u0430-\u044f]{1,3}": "парол",
}
_RAREST_FIRST = "jkbpucs"
"""Each word has one of these letters or one outside of ASCII; together they are one in seven letters of a text."""
_OTHERS = set(string.ascii_lowercase) - set(_RAREST_FIRST)


def _names(further: list[str], beyond_ascii: bool) -> str:
    """Each beginning with its rarest letter, what is before it looked back at: `re` skips all others without a look."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for rest, words in _PARTS.items():
        for word in words.split():
            if not word.isascii() and not beyond_ascii:
                continue
            at = min(range(len(word)), key=lambda n: _RAREST_FIRST.find(word[n]) if word[n] not in _OTHERS else 99)
            whole = f"(?<={word})" if at else ""  # after the literal: `re` tells by its first letter what cannot match
            by_letter[word[at]].append(f"{word[at + 1 :]}{whole}{rest}")
    return "|".join([*further, *(f"{letter}(?:{'|'.join(of)})" for letter, of in by_letter.items())])


_SPACE = r"[ \t]{1,3}"
_MARK = r"\\{0,8}[\"'`]"
_TEXT = rf"[brfun@$]{{0,2}}{_MARK}"
_TYPE = r"(?:[ \t]{0,2}:[ \t]{0,2}|[ \t]{1,3})(?>(?:[\w.\[\]<>*&?|]{1,40}+[ \t]{0,2}+){1,4})"
_FIELD = (
    rf"{_MARK}(?:msg|message|type|in|location|secure|ctx|path|kind|code|errortype){_MARK}\s?[:=]\s?"
    rf"{_MARK}[^\"'\n{{}}\\]{{0,160}}+{_MARK}[\s,]{{1,8}}"
)
_HELD = r"(?:some\(|just |string\([0-9]{1,6}\) )?"
"""What says of a value that it is there: Rust's `Some("..")`, Haskell's `Just ".."`, PHP's `string(7) ".."`."""
_VERB = (
    r"(?:(?:has been|was|is) (?:re)?(?:set|changed) to|(?:re)?set to|changed to"
    r"|(?:(?:is|was|are|were|es|est|ist|lautet|war|era|é|è|är|er|on|je|jest|to|as)(?=[ \t:])|[是为為は=:])"
    r"(?:[ \t]now)?)"
)
# What may stand between a name and its value.
_BETWEEN = (
    # <password type="text">
    r"(?>(?:\s[\w:.-]{1,40}+=[\"'][^<>]{0,200}+)?)>(?=[^<>\s]|<!\[cdata\[)",
    # var password string = "..", password: str | None = ".."
    rf"(?(close)(?!)|{_TYPE}(?<=[ \t])=[ \t]{{0,3}}(?={_TEXT}))",
    # = == === := ::= => : ||= ?= += .= != <- %3d, and the wide signs of East Asian text
    r"[ \t]{0,4}+(?:=>(?=[\s\"'`\\:\[])|={2,3}(?=[\s\"'`\\])|[|&?+.*!]{0,2}=|:{1,2}=(?=[\s\"'`\\])"
    rf"|:(?!:)|<-|[\uff1a\uff1d]|%3[ad](?:%20|\+)?)(?:\s{{0,4}}{_HELD}(?={_MARK})|[ \t]{{0,4}})",
    # s:8:"password";s:7:".."
    rf";s:[0-9]{{1,6}}:(?={_MARK})",
    # name="password" value="..", {"name": "password", "value": ".."}, {"loc": ["password"], "msg": "..", "input": ".."}
    rf"(?P<named>(?>(?:[\s,]|\\{{1,4}}[nrt]){{1,24}})(?>(?:{_FIELD}){{0,3}})(?:{_MARK})?(?:value|content|val|input|data)"
    rf"(?:{_MARK})?\s?[:=]\s?(?:(?={_MARK})|(?<=[\w\"']: )))",
    # what pydantic says of a value, without JSON
    r"(?:\n|\\n)[ \t]{1,8}[^\n\[\\]{1,160}+\[type=\w{1,60}+, input_value=(?=\\{0,4}[\"'])",
    rf"(?P<call>\([ \t]{{0,2}}(?={_TEXT}))",
    rf"{_SPACE}(?={_MARK})",
    rf",\s{{0,8}}(?={_MARK})",
    # an empty line, in a form of many parts
    r"(?:(?:\r|\\{1,4}r)?(?:\n|\\{1,4}n)){2}",
    # the password for ann is ..; ENV PASSWORD ..
    rf"(?P<prose>(?:{_SPACE}(?:for|of)[ \t]{{1,2}}[^\s=:]{{1,60}}+(?:[ \t][a-z]{{1,20}}+)?)?[ \t]{{0,3}}"
    rf"{_VERB}[ \t]{{0,2}}:?[ \t]{{0,3}}(?=\S)|{_SPACE}(?=[^\s\[]))(?![a-z]{{1,30}}+(?:[\s,;:!?)]|\.?(?:\s|\Z)))",
)
_AFTER_NAME = (
    r"[\w.-]{0,60}+)(?>(?P<close>\\{0,8}[\"'`][\])]?|%2[27]|&quot;|&#3[49];|\[[0-9]{0,5}\]|\]|%5d)?)"
    rf"(?P<sep>{'|'.join(_BETWEEN)}|)"  # or nothing, so that the names within a name are not tried one after the other
)
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_REST_OF_NAME = re.compile(r"[\w.-]*+", re.ASCII)
_REACH = 86
"""Characters before the end of a long name in which one must begin that reaches it, besides those of what tells that it
is a secret's: 60 may follow that, and what is between name and value can begin with some that names have, too."""
_LONGEST = 14
"""Characters of what tells a secret's name, but for `further` ones."""
_NAME = re.compile(r"name=\\{0,4}\"\Z", re.I)
_REST_OF_FIELD = re.compile(r"(?:(?!\\{1,4}[rn])[^\r\n])+")
_TAG = re.compile(r"<(?:[\w-]{1,40}:)?\Z")
_ELEMENT = re.compile(r"<!\[CDATA\[[^<>]*+\]\]>|[^<]+(?=</)|(?!\()[^<\s]+")
_BLOCK = re.compile(r"(?:[!&][\w!/.-]{0,60}[ \t])?[|>][+-]?[0-9]?[+-]?[ \t]{0,4}(\n|\\n)([ \t]{1,40})(?=\S)")
_ASKS = frozenset(
    "get has is check validate verify find load read require ask hash generate create make env input".split()
)
_HIDDEN = (f'"{REDACTED}"', f"'{REDACTED}'")


class Assignments:
    """Secret names and `further` ones, compiled once."""

    def __init__(self, further: frozenset[str] = frozenset()) -> None:
        self._further = frozenset(joined(name) for name in further if joined(name))
        more = [r"[_.\- ]?".join(map(re.escape, words_of(name))) for name in sorted(further) if words_of(name)]
        self._reach = _REACH + max([_LONGEST, *(2 * len(name) for name in further)])
        names = _names(more, True)
        self._ascii = re.compile(_names([name for name in more if name.isascii()], False), re.ASCII)
        self._names = re.compile(names, re.ASCII)
        self._pattern = re.compile(f"(?P<name>(?:{names}){_AFTER_NAME}", re.ASCII)

    def secrecy(self, name: str) -> Secret:
        return secrecy(name[-128:], self._further)

    def may_hide(self, text: str) -> bool:
        """Whether there is a name to look at, or an option of a command."""
        names = self._ascii if text.isascii() else self._names
        return names.search(text.lower()) is not None or " -" in text

    def hide(self, text: str, work: Work) -> str:
        lowered = _lower(text)
        first = self._names.search(lowered)
        if first:
            position = first.start()
            turned = hide_turned(hide_rows(text, lowered, work, self.secrecy), work, self.secrecy)
            if turned is not text:
                text, lowered, position = turned, _lower(turned), 0
            if match := self._pattern.search(lowered, position):
                text = self._hide_from(text, lowered, match, work)
        return hide_flags(text, work, self.secrecy) if " -" in text or "-p" in text else text

    def _hide_from(self, text: str, lowered: str, match: re.Match[str] | None, work: Work) -> str:
        kept: list[str] = []
        done = position = 0
        while match:
            span = self._value(text, lowered, match, done, work) if match["sep"] else None
            if span and span[0] >= done:
                work.spend_on_second_look()
                kept += (text[done : span[0]], REDACTED)
                done = position = span[1]
            else:
                position = match.end("name")
                if not match["sep"] and (end := _name_end(lowered, position)) > position:
                    position = max(match.start() + 1, end - self._reach)  # of a long name what is within may be one
            match = self._pattern.search(lowered, position)
        return "".join((*kept, text[done:])) if kept else text

    def _value(self, text: str, lowered: str, match: re.Match[str], done: int, work: Work) -> Span | None:
        """Where the value lies that is to be hidden."""
        at = match.end()
        if text.startswith(REDACTED, at) or text[at : at + 12] in _HIDDEN:
            return None
        begin, end = match.span("name")
        head = text[max(done, begin - 64) : begin]
        before = head.rstrip(_NAME_CHARACTERS)
        name = head[len(before) :] + text[begin:end]
        if before.endswith("\\") and name[0] in "nrt":
            name = name[1:]
        work.spend_on_name(name)
        secret = self.secrecy(name)
        if secret is Secret.NO and before.endswith(" "):  # a name of two words: `recovery code: ...`
            name_of_two = f"{before.rstrip().rpartition(' ')[2]}_{name}"
            work.spend_on_name(name_of_two)
            secret = self.secrecy(name_of_two)
            secret = Secret.NO if secret is Secret.NO or holds_token(text, at, at + 40) else Secret.MAYBE
        if secret is Secret.NO:
            return None
        work.spend(1)
        close, separator = match["close"] or "", match["sep"].strip(" \t")
        words = words_of(name)
        between = "=" if match["named"] is not None else lowered[end:at]
        given = Assigned(text, at, words, secret, before, close, separator, between)
        if match["prose"] is not None and not name.startswith("-"):
            work.spend(3)
            return said(given, match["prose"].strip())
        if match["call"] is not None and (words[0] in _ASKS or close or not _is_called(words[-1])):
            return None
        if separator.endswith(("\n", "\\n")) and separator[0] in "\r\n\\":
            return _form_field(text, before, at)
        if separator.endswith(">") and separator != "=>":
            element = _ELEMENT.match(text, at) if _TAG.search(before) and secret is Secret.YES else None
            return element.span() if element and not says_nothing(element.group()) else None
        if separator == ":" and (block := _BLOCK.match(text, at)):
            return _block(text, block)
        if separator in (",", "") and name.startswith("--"):  # also in a list of arguments: ['--password', 'hunter2']
            given = given._replace(separator="=")
        quote = QUOTE.match(text, at)
        if quote and (quote[1][0] != "%" or separator.startswith("%")):
            work.spend(4 if separator in ("", ",") else 0 if secret is Secret.YES else 2)
            span = quoted(given, quote, work)
        else:
            span = unquoted(given, work)
        if (
            span
            and span[0] == at
            and (between == "=>" or (name[0] == "-" and between[0] == " " and text[at - 1] == "="))
        ):
            return at - 1, span[1]  # rather a value that begins with this sign
        return span


def _name_end(text: str, at: int) -> int:
    rest = _REST_OF_NAME.match(text, at)
    return rest.end() if rest else at


def _lower(text: str) -> str:
    """As long as the text: of all letters only U+0130 would grow."""
    return text.replace("\u0130", "i").lower()


def _is_called(word: str) -> bool:
    """`setApiKey("...")` holds one, `tokens.append("...")` does not."""
    return (
        word in ("key", "code", "codes", "answer", "response", "phrase", "number", "passe")
        or secrecy(word) is not Secret.NO
    )


def _form_field(text: str, before: str, at: int) -> Span | None:
    """A part of multipart/form-data (RFC 7578): `name="password"`, an empty line, the value."""
    value = _REST_OF_FIELD.match(text, at) if _NAME.search(before) else None
    return value.span() if value else None


def _block(text: str, block: re.Match[str]) -> Span:
    """A YAML block: as many lines as are indented like its first one."""
    line, end = block[1] + block[2], block.end()
    while True:
        stop = text.find(block[1], end)
        if stop < 0:
            return block.end(), len(text)
        if not text.startswith(line, stop):
            return block.end(), stop
        end = stop + len(line)
