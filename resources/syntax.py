"""Sentry's search syntax, taught in under 600 tokens: as much of it as this server knows."""

import re

from sentry.dialects import Dialect, Search, search_of
from sentry.search import not_searched

_INTRODUCTION = """\
# Sentry's search syntax

Terms are separated by spaces and all must hold: `is:unresolved level:error TimeoutError`.
There is no OR, no AND, no parentheses. Free text searches titles and messages; put it last.

| term | finds |
|---|---|
"""
_TERMS = """\
| `is:unresolved` `is:resolved` `is:ignored` | by status (ignored is also called archived) |
| `is:new` `is:ongoing` `is:regressed` `is:escalating` | by what it did recently |
| `is:assigned` `is:unassigned` `is:for_review` `is:linked` | by what people did |
| `level:error` | fatal, error, warning, info, debug |
| `release:shop@1.5.0` `release:latest` | seen in a release |
| `firstRelease:shop@1.5.0` | new in a release |
| `environment:production` | seen there |
| `assigned:me` `assigned:ann@example.com` `assigned:#team` `assigned:none` | by assignee |
| `firstSeen:-24h` `age:-24h` | first seen within 24 hours (`+7d`: more than 7 days ago) |
| `lastSeen:-1h` | last seen within an hour (units: m h d w) |
| `timesSeen:>100` | by count of events (`>` `>=` `<` `<=`) |
| `error.type:KeyError` `error.handled:false` `error.unhandled:true` | by exception |
| `message:"disk is full"` `stack.filename:cart.py` `transaction:/checkout` | by text of the event |
| `user.id:7` `user.email:ann@example.com` `user.username:ann` | by affected user |
| `platform:python` `project:shop` | by platform, project |
| `has:release` | has this tag, whatever its value |
| `plan:pro` | any tag of yours |
| `4f2d...` (32 hex digits) | the issue of an event |
"""
_RULES = """\

- Quotes around spaces and colons: `plan:"very large"`, `"TypeError: x is undefined"`.
- `!` negates: `!level:info`, `!has:release`.
- `*` is any text: `release:shop@1.*`, `plan:"*large*"`.
- Several values: `level:[error, fatal]`.
- `*` alone finds every issue; without a query it is `is:unresolved`.
"""
_TERM = re.compile(r" ?`([^`]*)`")


def search_syntax(kind: Dialect | None = None) -> str:
    """The syntax in Markdown; of a kind of server whose search does not know all of it, without the rest."""
    search = search_of(kind)
    if search is None:
        return _INTRODUCTION + _TERMS + _RULES
    terms = [kept for line in _TERMS.splitlines() if (kept := _known(line, search))]
    rules = [line for line in _RULES.splitlines() if not any(not_searched(t, search) for t in _TERM.findall(line))]
    limits = f"This is all that {search.kind.value} searches by: it takes any other term for a tag, and finds nothing."
    return _INTRODUCTION + "\n".join([*terms, *rules, "", limits]) + "\n"


def _known(row: str, search: Search) -> str:
    """A row of the table without the terms that this search does not know; empty when none is left."""
    _, terms, finds, _ = row.split("|")
    kept = [term for term in _TERM.findall(terms) if not not_searched(term, search)]
    if len(kept) == len(_TERM.findall(terms)):
        return row
    return f"| {' '.join(f'`{term}`' for term in kept)} |{finds}|" if kept else ""
