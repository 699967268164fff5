"""Who asks, and what they may see and do."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Scope(StrEnum):
    """What a caller may be allowed; each is granted by itself."""

    ISSUES_READ = "issues:read"
    ISSUES_WRITE = "issues:write"
    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    ADMIN = "admin"
    """What is about the service and not about Sentry, such as its metrics."""


NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
OF_PROVIDER = "jwt:"
"""What the names of an identity provider's callers begin with, and no configured one's can."""
ORGANIZATION = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
PROJECT = re.compile(rf"(?:{ORGANIZATION.pattern}/)?{ORGANIZATION.pattern}")
TOOL = re.compile(r"[a-z][a-z0-9_]{0,63}")


def _each(form: re.Pattern[str]) -> AfterValidator:
    def check(values: frozenset[str]) -> frozenset[str]:
        for value in values:
            if not form.fullmatch(value):
                raise ValueError(f"{value[:80]!r} has not the form of one")
        return values

    return AfterValidator(check)


def _a_list(value: object) -> object:
    if isinstance(value, str):  # whose letters would be taken for so many names
        raise ValueError('give a list, such as ["shop"]')  # noqa: TRY004 - what pydantic takes for "not this value"
    return value


IsList = BeforeValidator(_a_list)
Organizations = Annotated[frozenset[str], IsList, _each(ORGANIZATION)]
Projects = Annotated[frozenset[str], IsList, _each(PROJECT)]
Tools = Annotated[frozenset[str], IsList, _each(TOOL)]


class Caller(BaseModel):
    """A caller, as it is configured or as an identity provider's token describes it.

    Where a set is None there is no bound: all organizations that the token sees, all their projects, all tools that
    the scopes allow. An empty set allows none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=f"^(?:{NAME.pattern}|{OF_PROVIDER}{NAME.pattern}(?:~[0-9a-f]{{24}})?)$")]
    scopes: Annotated[frozenset[Scope], IsList]
    organizations: Organizations | None = None
    projects: Projects | None = None
    """Slugs, in whichever organization; or `organization/project`."""
    tools: Tools | None = None
    exclude_tools: Tools = frozenset()
    read_only: bool = False
    confirm_writes: bool | None = None
    """Whether the user is asked before each write; None for what the server does with all."""
    structured_content: bool | None = None
    """Whether tools answer as JSON, too; None for what the server does with all."""
    calls_per_minute: Annotated[int | None, Field(ge=1)] = None
    calls_at_once: Annotated[int | None, Field(ge=1)] = None

    @property
    def is_bounded(self) -> bool:
        """Whether there is anything in Sentry that this caller may not see."""
        return self.organizations is not None or self.projects is not None

    def has(self, scope: Scope) -> bool:
        return scope in self.scopes and not (self.read_only and scope.endswith(":write"))

    def may_use(self, tool: str, scope: Scope | None) -> bool:
        """Whether a tool, which needs this scope, is there for this caller."""
        is_named = self.tools is None or tool in self.tools
        return scope is not None and self.has(scope) and is_named and tool not in self.exclude_tools

    def may_see_organization(self, organization: str) -> bool:
        return self.organizations is None or organization.lower() in self.organizations

    def may_see_project(self, project: str, organization: str) -> bool:
        """Both as slugs, in any case: Sentry's own are in lower case."""
        if not self.may_see_organization(organization):
            return False
        organization, project = organization.lower(), project.lower()
        return self.projects is None or not self.projects.isdisjoint((project, f"{organization}/{project}"))

    def may_see_place(self, organization: str, project: str) -> bool:
        """What is of no project: whoever sees all of the organization; of no organization: whoever sees all there is.
        Both as slugs, or empty."""
        if not self.is_bounded:
            return True
        if not organization:
            return False
        if not project:
            return self.projects is None and self.may_see_organization(organization)
        return self.may_see_project(project, organization)


class ExpiringCaller(Caller):
    """A caller for as long as their token holds: `expires` is in seconds since 1970."""

    expires: float


ANYBODY = Caller(name="local", scopes=frozenset(Scope))
"""Whoever reaches a server without callers: over a pipe, or from this machine. It acts with all that the token may."""
