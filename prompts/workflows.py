"""Workflows that a person picks from a menu: what to do, and what Sentry knows, in one message."""

from typing import Annotated

from pydantic import Field

import service
from service.answers import Answers
from service.side_by_side import together
from tools.catalogue import is_offered

Issue = Annotated[str, Field(description="ID, short ID or URL of the issue")]
Release = Annotated[str, Field(description="Version, such as shop@1.5.0")]
Project = Annotated[str, Field(description="Project slug; empty for all")]

TRIAGE = """\
Triage this Sentry issue. Say in a few lines:

1. what breaks, for whom and how often, and whether it is new, a regression or getting worse;
2. the most likely cause, and the evidence for it in the stack trace, breadcrumbs and request;
3. the release that it came with, if the data shows it;
4. a verdict: {verdict}, with the reason."""
LOOK_FURTHER = "Look further ({tools}) where the evidence is thin."
LOOKS_FURTHER = ("get_events", "get_tag_values", "get_stacktrace", "get_trace")
CHANGE = "Change nothing in Sentry before I agree; then use update_issue."

FIX = """\
Fix the cause of this Sentry issue in the code that is open here.

1. Find the code of the failing frames; it may have moved on since the release in which it failed.
2. Explain the cause before you change anything, and say so if the evidence does not prove it.
3. Write a test that fails as the issue does, then make the smallest change that makes it pass.
4. Look for the same mistake elsewhere."""
RESOLVE = "Then offer to resolve the issue with update_issue{when}."

REVIEW = """\
Review how this release behaves, from Sentry's data. Say in a few lines:

1. which issues are new in it, and which of its errors matter most (users, events, trend);
2. what they have in common, and which commits or authors they point to;
3. a verdict: keep it, fix forward, or roll back, with the reason."""
OPEN = "Open an issue with get_issue where its title does not say enough."


async def triage_issue(answers: Answers, issue: Issue) -> str:
    """What is it, how bad is it, what to do about it."""
    text = await _issue_text(answers, issue)
    until = " (until when)" if await service.servers.takes("ignore_events") else ""
    assign = " or assign (to whom)" if await service.servers.takes("assigned_to") else ""
    further = ", ".join(filter(is_offered, LOOKS_FURTHER))
    then = " ".join([LOOK_FURTHER.format(tools=further)] * bool(further) + [CHANGE] * is_offered("update_issue"))
    return _joined(TRIAGE.format(verdict=f"fix now, fix later, ignore{until}{assign}"), then, text)


async def fix_issue(answers: Answers, issue: Issue) -> str:
    """From the stack trace to a tested fix."""
    text = await _issue_text(answers, issue)
    takes_next_release = await service.servers.takes("status=resolvedInNextRelease")
    when = ": in the next release, if the fix ships with it" if takes_next_release else ""
    return _joined(FIX, RESOLVE.format(when=when) * is_offered("update_issue"), text)


async def review_release(answers: Answers, release: Release, project: Project = "") -> str:
    """What a release broke."""
    of_project = project or None
    new, unresolved = await together(
        answers.answer(
            ("issues new in a release", release, project),
            lambda: service.releases.list_new_issues(release, of_project),
        ),
        answers.answer(
            ("issues seen in a release", release, project),
            lambda: service.releases.list_unresolved_issues(release, of_project),
        ),
    )
    return _joined(
        REVIEW,
        OPEN * is_offered("get_issue"),
        f"Issues first seen in it:\n\n{new.result().text}",
        f"Unresolved issues seen in it:\n\n{unresolved.result().text}",
    )


def _joined(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


async def _issue_text(answers: Answers, issue: str) -> str:
    asked = "an issue with tags and commits", issue
    return (await answers.answer(asked, lambda: service.issues.get_issue(issue, include=("tags", "commits")))).text
