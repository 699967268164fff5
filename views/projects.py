"""Projects: rows of a list, and one whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

from sentry.models import Project
from sentry.models.pages import Page
from views.bounds import identifier, line, of_organization, raw, slug, word
from views.lists import fewer_rows, next_page
from views.provenance import Markers
from views.results import Evidence, Known, Part, Result, Step
from views.wording import counted, joined, read, when


class ProjectRow(Part):
    id: Known
    slug: Known
    name: str | None = None
    platform: Known | None = None

    def line(self) -> str:
        return joined([self.slug, self.platform, self.name if self.name != self.slug else None])


class ProjectList(Result):
    projects: list[ProjectRow]
    organization: Known | None = None  # where it is not the one that is asked without a name
    next_cursor: Known | None = None

    def markdown(self, marks: Markers, now: datetime | None = None) -> str:
        if not self.projects:
            return "The token sees no projects here."
        rows = [
            f"{counted(len(self.projects), 'project')}: slug, platform, name",
            *(of_organization(self.organization, row.line()) for row in self.projects),
        ]
        return "\n".join([*rows, *next_page(self.next_cursor), *self.omitted])

    def shown(self, scale: float) -> Self:
        return self.model_copy(update={"projects": [_short(row, 100) for row in self.projects]})

    def steps(self) -> Iterator[Step]:
        yield lambda found: found.model_copy(update={"projects": [_short(row, 40) for row in found.projects]})
        yield lambda found: found.without(
            "names and platforms",
            "get_project",
            projects=[ProjectRow(id=row.id, slug=row.slug) for row in found.projects],
        )
        yield from fewer_rows("projects", "Only the first {} projects are shown; get_project tells of any by its slug.")


class ProjectResult(Result):
    id: Known
    slug: Known
    name: str | None = None
    platform: Known | None = None
    organization: Known | None = None
    status: Known | None = None
    created: Known | None = None
    teams: list[str] = []
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
            f"name: {self.name}" if self.name and self.name != self.slug else "",
            f"teams: {', '.join(self.teams)}" if self.teams else "",
        ]
        lines = [head, *(text for text in facts if text)]
        if self.latest_release:
            lines += [f"{marks.announcement}\nlatest release {marks.inline(self.latest_release)}"]
        return "\n".join([*lines, *self.omitted])

    def shown(self, scale: float) -> Self:
        changes: dict[str, Any] = {"teams": [line(team, 80) for team in self.teams[:20]]}
        for name in ("name", "latest_release"):
            if text := getattr(self, name):
                changes[name] = line(text, 200)
        return self.model_copy(update=changes)


def project_list(page: Page[Project], organization: str | None = None) -> ProjectList:
    """Rows of a list of projects; of an `organization` that is not the usual one."""
    rows = [_row(project) for project in page.items]
    return ProjectList(
        projects=rows, organization=slug(organization), next_cursor=raw(page.next_cursor), omitted=[*page.notes]
    )


def project(project: Project) -> ProjectResult:
    """One project whole."""
    teams = [str(team.get("slug") or team.get("name") or "") for team in project.teams]
    release = project.latest_release
    return ProjectResult(
        id=identifier(project.id) or "",
        slug=slug(project.slug) or "",
        name=raw(project.name),
        platform=slug(project.platform),
        organization=slug(project.organization.get("slug")),
        status=word(project.status),
        created=when(project.date_created),
        teams=[text for team in teams if (text := raw(team))],
        latest_release=raw(release.version) if release else None,
    )


def _row(project: Project) -> ProjectRow:
    return ProjectRow(
        id=identifier(project.id) or "",
        slug=slug(project.slug) or "",
        name=raw(project.name),
        platform=slug(project.platform),
    )


def _short(row: ProjectRow, name: int) -> ProjectRow:
    return row.with_texts(line, name=name)
