"""Sentry's search syntax, as far as a query can be seen to be wrong without asking. Pure, no I/O.

https://docs.sentry.io/concepts/search/ and https://docs.sentry.io/concepts/search/searchable-properties/issues/.
An unknown key is no mistake, it is a tag. What is doubtful is left to Sentry: this explains a refusal, or
an empty list, and never stands in a query's way.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from sentry.dialects import Search
from sentry.search_terms import DATES, KEYED, KNOWN, key_of, meant_by, wrong_with

OPERATORS = ("AND", "&&", "OR", "||")

_PHRASE = r'"(?:\\.|[^"\\])*"'
_TOKEN = re.compile(rf"!?[\w.\-]+:(?:{_PHRASE}|\[[^\]]*\]|\S*)|{_PHRASE}|\S+", re.ASCII)
_OPENED = re.compile(r'(?:!?[\w.\-]+:)?"', re.ASCII)
_CLOSED = re.compile(rf"(?:!?[\w.\-]+:)?{_PHRASE}", re.ASCII | re.DOTALL)
_NO_WORD = re.compile(r'"|!?(?:tags|flags)\[')
_AND_OR = re.compile(r"(?:^|\s)(?:and|or)(?:\s|$)", re.IGNORECASE)
_STRAY_QUOTE = re.compile(r'(?<!\\)"')


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, or hardly meant so, and the nearest form that Sentry takes."""

    problems: tuple[str, ...]
    suggestion: str
    is_wrong: bool = True

    def __str__(self) -> str:
        return f"{' '.join(self.problems)} {'Nearest valid query' if self.is_wrong else 'Perhaps'}: {self.suggestion}"


class _Care(IntEnum):
    """How much is taken for wrong."""

    SURE = 0  # what finds nothing in any Sentry, or is refused by each that reads it
    DOUBTFUL = 1  # and what Sentry 9 reads as it was meant, GlitchTip not: a space after a colon
    REFUSED = 2  # and what only today's Sentry refuses in a text, or GlitchTip


def diagnose(query: str, *, refused: bool = False) -> Diagnosis | None:
    """What is wrong with a query; None when nothing is seen to be.

    Some kinds of Sentry refuse what others take, such as an `and` in a text: that is said where the query was `refused`
    and nothing else is wrong with it.
    """
    found = _examined(query, _Care.SURE)
    careful = _examined(query, _Care.REFUSED) if refused else None
    return replace(found, suggestion=careful.suggestion) if found and careful else found or careful


def likely_meant(query: str) -> Diagnosis | None:
    """What a query may say that finds nothing, where it was probably meant otherwise; None without a sign of it."""
    if doubt := _examined(query, _Care.DOUBTFUL):
        return replace(doubt, is_wrong=False)
    notes: list[str] = []
    better: list[str] = []
    for term in _TOKEN.findall(query):
        meant, note = meant_by(term)
        is_better = meant is not None and wrong_with(meant) is None
        better.append(meant if meant is not None and is_better else term)
        notes += [note] * is_better
    return Diagnosis(tuple(dict.fromkeys(notes)), " ".join(better), is_wrong=False) if notes else None


def terms(query: str) -> Iterator[re.Match[str]]:
    """Its terms, words and phrases as they stand in it."""
    return _TOKEN.finditer(query)


def not_searched(query: str, search: Search) -> list[str]:
    """The terms that this search does not know, as they were written."""
    found: list[str] = _TOKEN.findall(query)
    return [term for term in found if (keyed := KEYED.fullmatch(term)) and _is_unknown(keyed, search)]


def _is_unknown(keyed: re.Match[str], search: Search) -> bool:
    negated, key, value = keyed.groups()
    if key == "is" and not negated:
        return value.strip('"') not in search.states
    is_of_others = any(
        key.startswith(name) if name.endswith(".") else name in (key, f"{key}:{value}") for name in search.unknown
    )
    return bool(negated or value.startswith("[") or "*" in value.replace("\\*", "") or is_of_others)


def _examined(query: str, care: _Care) -> Diagnosis | None:
    problems: list[str] = []
    terms = _values_joined(_tokens(query, problems), problems, care)
    terms = _operators_dropped(_parentheses_dropped(terms, problems), problems, care)
    terms = [_corrected(term, problems, care) for term in _texts_quoted(terms, problems, care)]
    if not problems:
        return None
    return Diagnosis(tuple(dict.fromkeys(problems)), " ".join(terms) or "is:unresolved")


def _tokens(query: str, problems: list[str]) -> list[str]:
    """Terms and words; a phrase that is not closed ends with the query."""
    found: list[str] = []
    for token in _TOKEN.finditer(query):
        if _OPENED.match(token[0]) and not _CLOSED.fullmatch(token[0]):
            problems.append('A quotation mark (") is not closed.')
            return [*found, query[token.start() :].rstrip().rstrip("\\") + '"']
        found.append(token[0])
    return found


def _values_joined(terms: list[str], problems: list[str], care: _Care) -> list[str]:
    """`level: error` is meant as a key."""
    joined: list[str] = []
    for term in terms:
        key = key_of(joined[-1]) if joined and joined[-1].endswith(":") else None
        if key in KNOWN and not key_of(term):
            if care >= _Care.DOUBTFUL:
                problems.append("There is no space after a colon.")
            joined[-1] += term
        else:
            joined.append(term)
    return joined


def _parentheses_dropped(terms: list[str], problems: list[str]) -> list[str]:
    if not any(term.startswith("(") and key_of(term.lstrip("(")) in KNOWN for term in terms):
        return terms
    problems.append("Parentheses are not known in a search for issues.")
    return [bare for term in terms if (bare := term if term.startswith('"') else term.strip("()"))]


def _operators_dropped(terms: list[str], problems: list[str], care: _Care) -> list[str]:
    """Terms that are joined by AND, and of terms that are joined by OR the first, or one term with all their values."""
    kept: list[str] = []
    is_left_out = False
    for at, term in enumerate(terms):
        keyed = [key_of(other) is not None for other in (*terms[max(0, at - 1) : at], *terms[at + 1 : at + 2])]
        is_said = term in OPERATORS and any(keyed)
        if is_said or (
            term.upper() in OPERATORS and (any(keyed) if care is _Care.REFUSED else len(keyed) == 2 and all(keyed))
        ):
            if term.upper() in ("AND", "&&"):
                problems.append(f"Terms are joined by AND without the word{' (or &&)' * (term == '&&')}.")
            else:
                problems.append("OR is not known in a search for issues; several values of one key are key:[a, b].")
                is_left_out = bool(kept)
        elif is_left_out:
            kept[-1] = _either(kept[-1], term)
            is_left_out = False
        else:
            kept.append(term)
    return kept


def _either(term: str, other: str) -> str:
    """One term for both, where they are values of one key; else the first."""
    one, two = KEYED.fullmatch(term), KEYED.fullmatch(other)
    if not one or not two or one.group(1, 2) != two.group(1, 2) or one[2] in ("is", "has", *DATES):
        return term
    return f"{one[1]}{one[2]}:[{one[3].strip('[]')}, {two[3].strip('[]')}]"


def _texts_quoted(terms: list[str], problems: list[str], care: _Care) -> list[str]:
    """Where words of free text would be taken for something else, all that stand together are one phrase."""
    quoted: list[str] = []
    words: list[str] = []
    has_colon = False

    def end() -> None:
        nonlocal has_colon
        problem = _misread(" ".join(words), care)
        if has_colon and care >= _Care.DOUBTFUL:
            problem = "Text with a colon stands in quotation marks; a key and its value have no space between them."
        problems.extend([problem] if problem else [])
        quoted.extend([f'"{_escaped(" ".join(words))}"'] if problem or has_colon else words)
        words.clear()
        has_colon = False

    for at, term in enumerate(terms):
        key = key_of(term)
        is_heading = key not in (None, *KNOWN) and term.endswith(":") and (at + 1 < len(terms) or term[0].isupper())
        if is_heading or (has_colon and key not in KNOWN) or (key is None and not _NO_WORD.match(term)):
            words.append(term)
            has_colon = has_colon or is_heading
        else:
            end()
            quoted.append(term)
    end()
    return quoted


def _misread(text: str, care: _Care) -> str | None:
    if care is not _Care.REFUSED:
        return None
    if _AND_OR.search(text):
        return "Text with the word and, or the word or, stands in quotation marks."
    if not _is_balanced(text):
        return "Text with a parenthesis that has no other stands in quotation marks."
    if _STRAY_QUOTE.search(text):
        return 'A quotation mark in a text is written \\".'
    return None


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _corrected(term: str, problems: list[str], care: _Care) -> str:
    found = KEYED.fullmatch(term)
    if found is None:
        return term
    if wrong := wrong_with(term):
        problems.append(wrong[1])
        return wrong[0]
    value = found[3]
    is_cut = bool(_STRAY_QUOTE.search(value)) or not {*"()"}.isdisjoint(value)
    if care is _Care.REFUSED and is_cut and value[:1] not in ('"', "["):
        problems.append("A value with a quotation mark or parenthesis stands in quotation marks.")
        return f'{found[1]}{found[2]}:"{_escaped(value)}"'
    return term


def _escaped(text: str) -> str:
    return _STRAY_QUOTE.sub(r'\\"', text).rstrip("\\")
