"""What there is to name: the words that a person may complete while they type."""

from service.current import current_client
from views import bounds


async def names_of(kind: str, organization: str | None = None) -> list[str | None]:
    """The names of all that Sentry lists first of this kind, such as "project", None for what has not the form of one;
    none of a kind that has no names."""
    client = current_client()
    match kind:
        case "organization":
            return [bounds.slug(found.slug) for found in (await client.list_organizations()).items]
        case "project":
            return [bounds.slug(found.slug) for found in (await client.list_projects(organization)).items]
        case "issue":
            return [
                bounds.identifier(found.name) or bounds.short_id(found.name)
                for found in (await client.list_issues()).items
            ]
        case "release" | "version":
            releases = (await client.list_releases(organization=organization)).items
            return [bounds.version(found.version) for found in releases]
        case _:
            return []
