"""What there is to name: the words that a person may complete while they type."""

from service.current import current_client


async def names_of(kind: str, organization: str | None = None) -> list[str]:
    """The names of all that Sentry lists first of this kind, such as "project"; none of a kind that has no names."""
    client = current_client()
    match kind:
        case "organization":
            return [found.slug for found in (await client.list_organizations()).items]
        case "project":
            return [found.slug for found in (await client.list_projects(organization)).items]
        case "issue":
            return [found.name for found in (await client.list_issues()).items]
        case "release" | "version":
            return [found.version for found in (await client.list_releases()).items]
        case _:
            return []
