"""Links to a line of code, where its repository is hosted. Pure, no I/O.

Names and addresses of repositories are set by members: a link is built of nothing but plain names, over https.
"""

import re
from urllib.parse import quote

from views.traces.code_mappings import Code, Place

LONGEST = 500
"""Characters of a link."""
SHORT = 10
"""Digits of a commit that tell it from all others of a repository."""
_ADDRESS = re.compile(
    r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]{1,100}){1,8}/?"
)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,99}")
_HOSTS = {"github": "https://github.com", "bitbucket": "https://bitbucket.org"}
_FORMS = {
    # of a provider: what stands between a repository's address and a commit, and before a line's number
    "github": ("blob", "#L"),
    "github_enterprise": ("blob", "#L"),
    "gitlab": ("-/blob", "#L"),
    "bitbucket": ("src", "#lines-"),
}


def blob_link(code: Code, place: Place, line: int | None) -> str | None:
    """The line in the event's commit, else in the repository's default branch; None where its page is not known.

    A code mapping tells a repository's name, and so its page on GitHub and Bitbucket; only a commit tells an address.
    """
    provider = str(place.mapping.provider.get("key"))
    address = _address(code, place, provider)
    commit = code.commit(place.mapping)
    version = commit[:SHORT] if commit else place.mapping.default_branch or ""
    if address is None or provider not in _FORMS or not _is_plain(_BRANCH, version):
        return None
    between, anchor = _FORMS[provider]
    number = f"{anchor}{line}" if line is not None and line > 0 else ""
    link = f"{address.rstrip('/')}/{between}/{version}/{quote(place.path)}{number}"
    return link if len(link) <= LONGEST else None


def plain_address(url: str | None) -> str | None:
    """An address over https, without a user, a query, or what else a reader could be misled by."""
    return url if url and len(url) <= LONGEST and _is_plain(_ADDRESS, url) else None


def _address(code: Code, place: Place, provider: str) -> str | None:
    if host := _HOSTS.get(provider):
        return f"{host}/{place.repository}" if _is_plain(_NAME, place.repository) else None
    repository = code.release_commit.repository if code.release_commit and code.commit(place.mapping) else None
    return plain_address(repository.url) if repository else None


def _is_plain(form: re.Pattern[str], text: str) -> bool:
    """And no part of it leads elsewhere."""
    return form.fullmatch(text) is not None and not {".", ".."} & {*text.split("/")}
