"""Releases, and the commits and deploys that belong to them."""

from typing import Any

from sentry.models.code import PullRequest, Repository
from sentry.models.tolerance import Moment, Rows, SentryModel


class Author(SentryModel):
    name: str | None = None
    email: str | None = None


class Commit(SentryModel):
    id: str = ""
    message: str | None = None
    date_created: Moment = None
    author: Author | None = None
    repository: Repository | None = None
    pull_request: PullRequest | None = None
    suspect_commit_type: str | None = None  # how Sentry found it


class Deploy(SentryModel):
    environment: str | None = None
    name: str | None = None
    url: str | None = None
    date_finished: Moment = None


class Release(SentryModel):
    """https://docs.sentry.io/api/releases/"""

    version: str = ""
    short_version: str | None = None
    date_created: Moment = None
    date_released: Moment = None
    first_event: Moment = None
    last_event: Moment = None
    new_groups: int | None = None
    commit_count: int | None = None
    deploy_count: int | None = None
    last_commit: Commit | None = None
    last_deploy: Deploy | None = None
    authors: Rows[Author] = []
    projects: Rows[dict[str, Any]] = []
    url: str | None = None
