"""Releases: rows of a list, and one whole with what came with it."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, Self

from sentry.models import Author, Commit, Deploy, Issue, Release
from sentry.models.pages import Page
from sentry.values import Json, as_object
from views.bounds import first, line, number, raw, slug
from views.commits import CommitLine, commit_lines
from views.facts import facts
from views.issues import IssueRow
from views.lists import Paged, fewer_rows, next_page
from views.provenance import Markers
from views.results import ByMember, Detail, Details, Evidence, Moment, Part, Result, Slug, Step
from views.wording import age, counted, joined, read, when


class ReleaseFacts(Part):
    version: Evidence
    created: Moment | None = None
    released: Moment | None = None
    new_issues: int | None = None
    commit_count: int | None = None
    deploy_count: int | None = None
    last_event: Moment | None = None
    projects: list[Slug] = []

    def facts(self, now: datetime | None) -> list[str | None]:
        return [
            f"released {read(self.released)} ({age(self.released, now)})" if self.released else None,
            f"created {read(self.created)}" if self.created and not self.released else None,
            counted(self.new_issues, "new issue"),
            counted(self.commit_count, "commit") if self.commit_count else None,
            counted(self.deploy_count, "deploy") if self.deploy_count else None,
            f"last event {age(self.last_event, now)}" if self.last_event else None,
        ]


class Health(Detail):
    """How the sessions of a project's users went, in percent; Sentry counts those of the last day or so."""

    project: Slug | None = None
    crash_free_sessions: float | None = None
    crash_free_users: float | None = None
    sessions: int | None = None
    users: int | None = None
    adoption: float | None = None

    def line(self) -> str:
        """`health of shop-backend: 99.21% of 12,345 sessions and 99.5% of 2,000 users free of crashes`."""
        sessions = _share(self.crash_free_sessions, counted(self.sessions, "session") or "sessions")
        users = _share(self.crash_free_users, counted(self.users, "user") or "users")
        free = f"{joined([sessions, users], ' and ')} free of crashes" if sessions or users else None
        adoption = f"adoption {self.adoption:g}%" if self.adoption is not None else None
        return f"health of {self.project or '?'}: {joined([free, adoption], ', ')}"


class NewIssue(IssueRow):
    """An issue first seen in a release; the schema of a row stands with list_issues."""

    model_config = Detail.model_config


class ReleaseRow(ReleaseFacts):
    def line(self, now: datetime | None) -> str:
        projects = ", ".join(self.projects[:4]) if len(self.projects) < 5 else counted(len(self.projects), "project")
        return joined([self.version, *self.facts(now), projects])

    def shown(self) -> Self:
        return self.with_texts(line, version=120).model_copy(update={"projects": self.projects[:10]})


class ReleaseList(Paged):
    releases: list[ReleaseRow]

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.releases:
            return "\n".join(["No releases match.", *next_page(self.next_cursor), *self.omitted])
        lines = marks.block("\n".join(row.line(now) for row in self.releases))
        head = f"{counted(len(self.releases), 'release')}, the newest first. {marks.announcement}"
        return "\n".join([head, lines, *next_page(self.next_cursor), *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.model_copy(update={"releases": [row.shown() for row in self.releases]})

    def steps(self) -> Iterator[Step]:
        yield from fewer_rows("releases")


class ReleaseResult(ReleaseFacts, Result):
    """One release: what is new in it, what it was made of, where it runs."""

    url: ByMember | None = None
    authors: list[ByMember] = []
    health: list[Health] = []
    issues: list[NewIssue] = []
    more_issues: bool | None = None
    commits: list[CommitLine] = []
    deploys: list[ByMember] = []
    missing: Details = {}

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        lines = [joined([self.version, self.url])]
        lines += [f"authors: {', '.join(self.authors)}"] if self.authors else []
        lines += [health.line() for health in self.health]
        if self.issues:
            lines.append("First seen in it:" if not self.more_issues else "First seen in it, among others:")
            lines += [f"  {row.line(now)}" for row in self.issues]
        lines += ["Deploys:", *(f"  {deploy}" for deploy in self.deploys)] if self.deploys else []
        lines += ["Commits:", *(f"  {commit.line()}" for commit in self.commits)] if self.commits else []
        lines += [f"{section} could not be fetched: {why}" for section, why in self.missing.items()]
        head = joined(["Release", *self.facts(now), ", ".join(self.projects)])
        return "\n".join([head, marks.announcement, marks.block("\n".join(lines)), *self.omitted])

    def shown(self, scale: float) -> Self:
        changes: dict[str, Any] = {
            "authors": first(self.authors, 20, 60),
            "issues": [row.in_row(120) for row in self.issues],
            "commits": [commit.shown() for commit in self.commits],
            "deploys": first(self.deploys, 10, 160),
            "missing": {name: line(why, 200) for name, why in self.missing.items()},
            "projects": self.projects[:20],
        }
        found = self.without("some projects", "list_projects") if len(self.projects) > 20 else self
        return found.model_copy(update=changes).with_texts(line, version=200, url=200)

    def steps(self) -> Iterator[Step]:
        yield partial(_first, name="commits", most=10)
        yield partial(_first, name="issues", most=20)
        yield _bare_issues
        for most in (5, 2):
            yield partial(_first, name="commits", most=most)
            yield partial(_first, name="issues", most=most * 2)


def release_list(page: Page[Release]) -> ReleaseList:
    """Rows of a list of releases."""
    rows = [ReleaseRow(**_facts(one)) for one in page.items]
    return ReleaseList(releases=rows, next_cursor=raw(page.next_cursor), omitted=[*page.notes])


def release(
    release: Release,
    *,
    new_issues: Page[Issue] | None = None,
    commits: list[Commit] | None = None,
    deploys: list[Deploy] | None = None,
    missing: dict[str, str] | None = None,
    organization: str | None = None,
) -> ReleaseResult:
    """A release with the issues first seen in it, its commits and deploys; `missing` says what could not be fetched.
    `organization` is one that is not the usual one."""
    found = commits if commits is not None else [release.last_commit] if release.last_commit else []
    places = deploys if deploys is not None else [release.last_deploy] if release.last_deploy else []
    return ReleaseResult(
        **_facts(release),
        url=raw(release.url),
        authors=[text for author in release.authors[:50] if (text := _author(author))],
        health=[health for row in release.projects[:20] if (health := _health(row))],
        issues=[NewIssue(**facts(issue, organization)) for issue in (new_issues.items if new_issues else [])],
        more_issues=True if new_issues and new_issues.next_cursor else None,
        commits=commit_lines(found[:50]),
        deploys=[text for deploy in places[:20] if (text := _deploy(deploy))],
        missing=missing or {},
    )


def _facts(release: Release) -> dict[str, Any]:
    return {
        "version": raw(release.version) or "(no version)",
        "created": when(release.date_created),
        "released": when(release.date_released),
        "new_issues": release.new_groups,
        "commit_count": release.commit_count,
        "deploy_count": release.deploy_count,
        "last_event": when(release.last_event),
        "projects": [name for row in release.projects[:50] if (name := slug(row.get("slug")))],
    }


def _health(project: dict[str, Any]) -> Health | None:
    """https://docs.sentry.io/api/releases/retrieve-an-organizations-release/ with `health=1`"""
    found = as_object(project.get("healthData")) or {}
    health = Health(
        project=slug(project.get("slug")),
        crash_free_sessions=_percent(found.get("crashFreeSessions")),
        crash_free_users=_percent(found.get("crashFreeUsers")),
        sessions=number(found.get("totalSessions")),
        users=number(found.get("totalUsers")),
        adoption=_percent(found.get("adoption")),
    )
    shares = (health.crash_free_sessions, health.crash_free_users, health.adoption)
    return health if any(share is not None for share in shares) else None


def _percent(value: Json) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
    return round(float(value), 2) if fits else None


def _share(percent: float | None, noun: str) -> str | None:
    return f"{percent:g}% of {noun}" if percent is not None else None


def _author(author: Author) -> str | None:
    return raw(author.name or author.email)


def _deploy(deploy: Deploy) -> str | None:
    return raw(joined([raw(deploy.environment), raw(deploy.name), read(when(deploy.date_finished)), raw(deploy.url)]))


def _bare_issues(found: ReleaseResult) -> ReleaseResult:
    bare = [row.bare() for row in found.issues]
    return found.without("details of issues", "get_issue", issues=bare) if bare != found.issues else found


def _first(found: ReleaseResult, name: str, most: int) -> ReleaseResult:
    rows = getattr(found, name)
    if len(rows) <= most:
        return found
    # The version is evidence: it does not stand in a sentence of ours.
    call = 'list_issues(query="firstRelease:...")' if name == "issues" else "a larger max_tokens"
    return found.without(f"some {name}", call, **{name: rows[:most]})
