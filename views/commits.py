"""Commits: those suspected of an issue, and those of a release."""

from typing import Self

from sentry.models import Commit
from views.bounds import identifier, line, raw
from views.results import ByMember, Detail, Identifier, Moment
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


def commit_lines(found: list[Commit]) -> list[CommitLine]:
    return [
        CommitLine(
            id=identifier(commit.id),
            message=raw((commit.message or "").partition("\n")[0]),
            author=raw(commit.author.name or commit.author.email) if commit.author else None,
            when=when(commit.date_created),
        )
        for commit in found
    ]
