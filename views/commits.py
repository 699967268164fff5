"""Commits: those suspected of an issue, and those of a release."""

from typing import Any, Self

from sentry.models import Commit
from views.bounds import identifier, line, raw
from views.results import ByMember, Detail, Evidence, Identifier, Moment
from views.traces.code_links import plain_address
from views.wording import joined, read, when


class CommitLine(Detail):
    id: Identifier | None = None
    message: ByMember | None = None
    author: ByMember | None = None
    when: Moment | None = None

    def line(self) -> str:
        """`1f3a5c7 by Ann Lee, 2026-11-24 10:02Z: Price by currency`."""
        about = joined([f"by {self.author}" if self.author else None, read(self.when)], ", ")
        return f"{joined([(self.id or '?')[:12], about], ' ')}: {self.message or '(no message)'}"

    def shown(self) -> Self:
        return self.with_texts(line, message=120, author=80)


class SuspectCommit(CommitLine):
    found: Evidence | None = None  # how Sentry found it, in its words
    pull_request: ByMember | None = None  # its number, and its title where the commit does not say the same
    pull_request_link: ByMember | None = None

    def line(self) -> str:
        """With `| pull request #12 "Prices in euros" https://github.com/acme/shop/pull/12 | via SCM integration`."""
        pull_request = joined([self.pull_request, self.pull_request_link], " ")
        return joined([super().line(), f"pull request {pull_request}" if pull_request else None, self.found])

    def shown(self) -> Self:
        return super().shown().with_texts(line, found=60, pull_request=120)


def commit_lines(found: list[Commit]) -> list[CommitLine]:
    return [CommitLine(**_fields(commit)) for commit in found]


def suspect_commits(found: list[Commit]) -> list[SuspectCommit]:
    return [
        SuspectCommit(
            **_fields(commit),
            found=raw(commit.suspect_commit_type),
            pull_request=_pull_request(commit),
            pull_request_link=plain_address(commit.pull_request.external_url) if commit.pull_request else None,
        )
        for commit in found
    ]


def _fields(commit: Commit) -> dict[str, Any]:
    return {
        "id": identifier(commit.id),
        "message": raw((commit.message or "").partition("\n")[0]),
        "author": raw(commit.author.name or commit.author.email) if commit.author else None,
        "when": when(commit.date_created),
    }


def _pull_request(commit: Commit) -> str | None:
    """`#12 "Prices in euros"`."""
    pull_request = commit.pull_request
    if pull_request is None or not pull_request.id:
        return None
    title = raw(pull_request.title)
    is_said = title is None or title in (commit.message or "")
    return raw(f"#{pull_request.id}" if is_said else f'#{pull_request.id} "{title}"')
