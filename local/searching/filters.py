"""Turns a search query into SQL with parameters: conditions on issues (`i`) and on their events (`e`)."""

from local.searching.conditions import Conditions, Scope, alternatives
from local.searching.event_terms import add_event_term, add_text
from local.searching.issue_terms import ISSUE_TERMS
from local.searching.syntax import Query


def issue_filter(query: Query, scope: Scope) -> tuple[Conditions, Conditions]:
    """The conditions on issues and those on at least one event of each. Raises ApiError (400)."""
    issues, events = Conditions(), Conditions()
    for term in query.terms:
        by_issue = ISSUE_TERMS.get(term.key.lower())
        if by_issue:
            sql, values = alternatives(term, scope, by_issue)
            issues.add(f"NOT ({sql})" if term.negated else sql, *values)
        else:
            add_event_term(events, term, scope)
    add_text(events, query.text, scope)
    return issues, events


def event_filter(query: Query, scope: Scope) -> Conditions:
    """The conditions on events; what can only be asked of an issue is ignored, as on Sentry. Raises ApiError
    (400)."""
    events = Conditions()
    for term in query.terms:
        if term.key.lower() not in ISSUE_TERMS:
            add_event_term(events, term, scope)
    add_text(events, query.text, scope)
    return events
