"""Projects: rows of a list, and one whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from sentry.models import Project
from sentry.models.pages import Page
from views.bounds import first, identifier, line, of_organization, raw, slug, word
from views.lists import Paged, fewer_rows, next_page
from views.provenance import Markers
from views.results import ByMember, Evidence, Identifier, Moment, Part, Result, Slug, Step, Word, each
from views.wording import counted, joined, read, team, when

TEAMS = 3
"""Of a project in a list."""


class ProjectRow(Part):
    id: Identifier
    slug: Slug
    name: ByMember | None = None
    platform: Slug | None = None
    teams: list[ByMember] = []  # the first

    def line(self) -> str:
        name = self.name if self.name != self.slug else None
        return joined([self.slug, self.platform, name, ", ".join(self.teams)])


class ProjectList(Paged):
    projects: list[ProjectRow]
    organization: Slug | None = None  # where it is not the one that is asked without a name

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.projects:
            return "\n".join(["The token sees no projects here.", *self.omitted])
        rows = [of_organization(self.organization, row.line()) for row in self.projects]
        teams = ", teams" if any(row.teams for row in self.projects) else ""
        head = f"{counted(len(self.projects), 'project')}: slug, platform, name{teams}. {marks.announcement}"
        return "\n".join([head, marks.block("\n".join(rows)), *next_page(self.next_cursor), *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.model_copy(update={"projects": [_short(row, 100) for row in self.projects]})

    def steps(self) -> Iterator[Step]:
        yield _without_teams
        yield lambda found: found.model_copy(update={"projects": [_short(row, 40) for row in found.projects]})
        yield lambda found: found.without(
            "names and platforms",
            "get_project",
            projects=[ProjectRow(id=row.id, slug=row.slug) for row in found.projects],
        )
        yield from fewer_rows("projects", "Only the first {} projects are shown; get_project tells of any by its slug.")


class ProjectResult(Result):
    id: Identifier
    slug: Slug
    name: ByMember | None = None
    platform: Slug | None = None
    organization: Slug | None = None
    status: Word | None = None
    created: Moment | None = None
    teams: list[ByMember] = []
    latest_release: Evidence | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        head = joined(
            [
                f"Project {self.slug}",
                self.platform,
                self.status,
                f"created {read(self.created)}" if self.created else None,
            ]
        )
        facts = [
            f"name: {self.name}" if self.name and self.name != self.slug else None,
            f"teams: {', '.join(self.teams)}" if self.teams else None,
            f"latest release: {self.latest_release}" if self.latest_release else None,
        ]
        lines = [text for text in facts if text]
        told = [marks.announcement, marks.block("\n".join(lines))] if lines else []
        return "\n".join([head, *told, *self.omitted])

    def shown(self, scale: float) -> Self:
        changes: dict[str, Any] = {"teams": first(self.teams, 20, 80)}
        for name in ("name", "latest_release"):
            if text := getattr(self, name):
                changes[name] = line(text, 200)
        return self.model_copy(update=changes)


def project_list(page: Page[Project], organization: str | None = None) -> ProjectList:
    """Rows of a list of projects; of an `organization` that is not the usual one."""
    rows = [_row(project) for project in page.items]
    found = ProjectList(projects=rows, organization=slug(organization), next_cursor=raw(page.next_cursor))
    return found.with_changes(omitted=[*page.notes])


def project(project: Project) -> ProjectResult:
    """One project whole."""
    release = project.latest_release
    return ProjectResult(
        id=identifier(project.id) or "",
        slug=slug(project.slug) or "",
        name=raw(project.name),
        platform=slug(project.platform),
        organization=slug(project.organization.get("slug")),
        status=word(project.status),
        created=when(project.date_created),
        teams=_teams(project),
        latest_release=raw(release.version) if release else None,
    )


def _row(project: Project) -> ProjectRow:
    return ProjectRow(
        id=identifier(project.id) or "",
        slug=slug(project.slug) or "",
        name=raw(project.name),
        platform=slug(project.platform),
        teams=_teams(project)[:TEAMS],
    )


def _without_teams(found: ProjectList) -> ProjectList:
    rows = each(found.projects, lambda row: row.with_changes(teams=[]) if row.teams else row)
    return found if rows is found.projects else found.without("teams", "get_project", projects=rows)


def _teams(project: Project) -> list[str]:
    """As `assigned_to` takes them; by name alone where they come without an ID."""
    named = [(row.get("id"), raw(row.get("slug") or row.get("name"))) for row in project.teams]
    return [team(identifier, name) if identifier else name or "" for identifier, name in named if identifier or name]


def _short(row: ProjectRow, name: int) -> ProjectRow:
    return row.with_changes(teams=[line(one, name) for one in row.teams]).with_texts(line, name=name)
