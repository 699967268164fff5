"""Issues: lists of them, and one whole with one of its events."""

from typing import Literal

from sentry.errors import InvalidRequestError, SentryError, UnavailableError
from sentry.identifiers import EVENT_ID, LATEST
from sentry.models import Activity, CodeMapping, Commit, Event, Issue, SuspectFlag, TagValues
from sentry.models.pages import Page
from sentry.search import diagnose, likely_meant
from service.current import current_client
from service.side_by_side import together
from views import issues as views
from views.issues import IssueExtras, IssueList, IssueResult
from views.traces.source import has_source, lacks_source

Include = Literal["tags", "commits", "activity", "flags"]
"""What an issue can be read with besides, at a request each; for its activity where it does not come with it."""
ALL = "*"
"""The search that finds every issue; Sentry's own is empty, which hosts send for what was not given."""
UNRESOLVED = "is:unresolved"
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
        client.get_stacktrace(event, issue=issue),
        client.get_tags(issue) if "tags" in include else _no_tags(),
        client.get_suspect_flags(issue) if "flags" in include else _no_flags(),
    )
    about, mappings = found.result()
    if event not in (None, LATEST):
        example.result()
    missing = {"event": example.error.message} if example.error else {}
    if tags.error:
        missing["tags"] = tags.error.message
    if flags.error:
        missing["suspect flags"] = flags.error.message
    commits: list[Commit] | None = None
    if "commits" in include and example.value is not None:
        try:
            commits = await client.get_suspect_commits(about.project.slug, example.value.id, issue=issue)
        except SentryError as error:
            missing["suspect commits"] = error.message
    activity: Page[Activity] | None = None
    if "activity" in include:
        try:
            activity = Page([]) if about.activity else await client.get_activity(issue)
        except SentryError as error:
            missing["activity"] = error.message
    older = event is None and example.value is not None and await _older_has_source(issue, about, example.value)
    extras = IssueExtras(
        tags=tags.value or [],
        suspect_commits=commits,
        suspect_flags=flags.value,
        code_mappings=mappings,
        missing=missing,
        activity=activity,
        older_has_source=older,
    )
    return views.issue(about, example.value, extras=extras, organization=organization)


async def _with_code_mappings(issue: str, organization: str | None) -> tuple[Issue, list[CodeMapping]]:
    """The mappings are asked for as soon as the issue tells its project, while its event may still be under way."""
    client = current_client()
    found = await client.get_issue(issue)
    return found, await client.get_code_mappings(found.project.id, organization)


async def _older_has_source(issue: str, about: Issue, shown: Event) -> bool:
    """Whether the oldest event shows the source that this one, the latest, lacks: one look tells."""
    if not lacks_source(shown) or not about.count or about.count < 2:
        return False
    try:
        oldest = await current_client().get_oldest_event(issue)
    except SentryError:
        return False
    return oldest is not None and has_source(oldest)


async def _no_tags() -> list[TagValues]:
    return []


async def _no_flags() -> list[SuspectFlag] | None:
    return None
