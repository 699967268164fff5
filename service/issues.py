"""Issues: lists of them, and one whole with one of its events."""

from collections.abc import Awaitable
from typing import Any, Literal

from sentry.errors import InvalidRequestError, UnavailableError
from sentry.identifiers import EVENT_ID, LATEST
from sentry.models import CodeMapping, Event, Issue, TraceCounts
from sentry.models.pages import Page
from sentry.search import diagnose, likely_meant
from service.current import current_client
from service.side_by_side import Outcome, briefly, together
from service.traces import counts_of
from views import issues as views
from views.issues import IssueExtras, IssueList, IssueResult
from views.traces.source import has_source, lacks_source

Include = Literal["tags", "commits", "activity", "flags"]
"""What an issue can be read with besides, at a request each; for its activity where it does not come with it."""
ALL = "*"
"""The search that finds every issue; Sentry's own is empty, which hosts send for what was not given."""
UNRESOLVED = "is:unresolved"
OF_ENVIRONMENT = "All counts, those in all too, are of the environment alone."
ONLY_UNRESOLVED = "Only unresolved issues were searched; query=* searches all."


async def list_issues(
    *,
    organization: str | None = None,
    project: str | None = None,
    query: str = UNRESOLVED,
    environment: str | None = None,
    period: str | None = None,
    sort: str | None = None,
    limit: int = 25,
    cursor: str | None = None,
) -> IssueList:
    """Issues, the most recently seen first unless `sort` says otherwise; what is wrong with a search is said."""
    query = "" if query.strip() == ALL else query
    client = current_client()
    try:
        page = await client.list_issues(
            organization=organization,
            project=project,
            query=query,
            environment=environment,
            period=period,
            sort=sort,
            limit=limit,
            cursor=cursor,
        )
    except (InvalidRequestError, UnavailableError) as error:
        # Sentry says so when it refuses a search, and not, say, a cursor; an open quotation mark breaks GlitchTip.
        is_refused = "search query" in (error.sentry or "") or (error.status_code == 500 and '"' in query)
        wrong = diagnose(query, refused=True) if is_refused else None
        if wrong is None:
            raise
        raise InvalidRequestError(
            f"{error.message} {wrong}", status_code=error.status_code, sentry=error.sentry
        ) from error
    wrong = None if page.items else diagnose(query) or likely_meant(query)
    notes = [str(wrong)] if wrong else [ONLY_UNRESOLVED] if not page.items and query == UNRESOLVED else []
    other = client.other_organization(project, organization=organization)
    if environment and any(issue.lifetime for issue in page.items):
        notes.append(OF_ENVIRONMENT)
    is_one = EVENT_ID.fullmatch(query.strip())  # whose counts are not of a period
    within = {} if is_one else {"period": period, "environment": environment}
    return views.issue_list(page, notes=notes, organization=other, **within)


async def get_issue(issue: str, event: str | None = None, include: tuple[Include, ...] = ()) -> IssueResult:
    """An issue with one of its events, fetched side by side: the one named, if only in a URL, else the latest.

    Without its latest event an issue is still worth reading; one that was asked for by name must be there.
    """
    client = current_client()
    organization = client.other_organization(issue, event)
    if organization and "/" not in issue:
        issue = f"{organization}/{issue}"
    found, example, tags, flags = await together(
        _with_code_mappings(issue, organization),
        _with_trace_counts(client.get_stacktrace(event, issue=issue), organization),
        client.get_tags(issue) if "tags" in include else _none(),
        client.get_suspect_flags(issue) if "flags" in include else _none(),
    )
    about, mappings = found.result()
    shown, counts = example.value or (None, None)
    if event not in (None, LATEST):
        example.result()
    project, is_whole = about.project.slug, bool(about.activity)
    commits, activity, older = await together(
        client.get_suspect_commits(project, shown.id, issue=issue) if "commits" in include and shown else _none(),
        client.get_activity(issue) if "activity" in include and not is_whole else _none(),
        briefly(_older_has_source(issue, about, shown)) if event is None and shown else _none(),
    )
    asked: dict[str, Outcome[Any]] = {
        "event": example,
        "tags": tags,
        "suspect flags": flags,
        "suspect commits": commits,
        "activity": activity,
    }
    extras = IssueExtras(
        tags=tags.value or [],
        suspect_commits=commits.value,
        suspect_flags=flags.value,
        code_mappings=mappings,
        missing={name: outcome.error.message for name, outcome in asked.items() if outcome.error},
        activity=Page([]) if "activity" in include and is_whole else activity.value,
        older_has_source=bool(older.value),
        trace_counts=counts,
    )
    return views.issue(about, shown, extras=extras, organization=organization)


async def _with_code_mappings(issue: str, organization: str | None) -> tuple[Issue, list[CodeMapping]]:
    """The mappings are asked for as soon as the issue tells its project, while its event may still be under way."""
    client = current_client()
    found = await client.get_issue(issue)
    return found, await client.get_code_mappings(found.project.id, organization)


async def _with_trace_counts(example: Awaitable[Event], organization: str | None) -> tuple[Event, TraceCounts | None]:
    """The counts are asked for as soon as the event tells its trace, while the issue may still be under way."""
    event = await example
    return event, await briefly(counts_of(event, organization))


async def _older_has_source(issue: str, about: Issue, shown: Event) -> bool:
    """Whether the oldest event shows the source that this one, the latest, lacks: one look tells."""
    if not lacks_source(shown) or not about.count or about.count < 2:
        return False
    oldest = await current_client().get_oldest_event(issue)
    return oldest is not None and has_source(oldest)


async def _none() -> None:
    """What was not asked for."""
