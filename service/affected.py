"""What a write would touch, for the one who is asked whether it may."""

from dataclasses import dataclass

from sentry.errors import SentryError
from service.current import current_client
from service.side_by_side import all_of
from service.updates import by_identity, each_once
from views.bounds import issue_name, of_organization, slug
from views.facts import facts


@dataclass(frozen=True)
class Affected:
    """An issue that is named: as it is now, or why it cannot be looked up."""

    named: str
    name: str = ""
    status: str = ""
    title: str = ""
    error: SentryError | None = None


async def affected_issues(issues: list[str]) -> list[Affected]:
    """Each once, in the order they are named. Raises the SentryError where none of them can be looked up."""
    client, names = current_client(), each_once(issues)
    outcomes = dict(zip(names, await all_of(client.get_issue(name) for name in names), strict=True))
    if all(outcome.error for outcome in outcomes.values()):
        outcomes[names[0]].result()
    same = by_identity(outcomes)
    found: list[Affected] = []
    for named, outcome in outcomes.items():
        if outcome.error is not None:
            found.append(Affected(named, error=outcome.error))
        elif (issue := same.get(named)) is not None:
            organization = slug(client.other_organization(named))
            name = of_organization(organization, issue_name(issue.name))
            found.append(Affected(named, name, facts(issue)["status"] or "", issue.title or ""))
    return found
