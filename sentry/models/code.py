"""Where code lies: repositories, what was merged into them, and which of their files a call's path stands for."""

from typing import Any

from sentry.models.tolerance import SentryModel


class Repository(SentryModel):
    id: str = ""
    name: str = ""
    url: str | None = None


class PullRequest(SentryModel):
    id: str = ""  # its number
    title: str | None = None
    external_url: str | None = None


class CodeMapping(SentryModel):
    """A path that starts with `stack_root` is, with `source_root` instead, one of the repository's.

    https://docs.sentry.io/product/issues/suspect-commits/#2-set-up-code-mappings
    """

    project_id: str | None = None
    repo_id: str | None = None
    repo_name: str = ""
    provider: dict[str, Any] = {}
    stack_root: str = ""
    source_root: str = ""
    default_branch: str | None = None
    automatically_generated: bool | None = None
