"""Which file of which repository a call's path is, as a project's code mappings say. Pure, no I/O.

The rules are Sentry's own (in getsentry/sentry: src/sentry/issues/auto_source_code_config/code_mapping.py and
src/sentry/utils/event_frames.py): a mapping made by hand comes before one that Sentry derived, an absolute root before
a relative one, a longer before a shorter; each is tried on the path of the call, then on its absolute path. Whether the
file is there is not asked, so that a root ends where a name ends.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sentry.models import CodeMapping, Commit, Event, Frame

MOST = 100
"""Mappings of a project that are looked at."""
LONGEST = 500
"""Characters of a path, of a root, of a repository's name."""
_OF_JVM = re.compile(r"[^/\\]+\.(?:java|kts?|scala|groovy|cljc?)")
"""A file's name alone, which is all that these languages' calls tell of it: its folder is in their module."""
_COMMIT = re.compile(r"[0-9a-fA-F]{7,40}")
_NOT_FILES = ("native", "native code")
"""What JavaScript engines write for functions of their own."""


@dataclass(frozen=True)
class Place:
    """A file of a repository."""

    mapping: CodeMapping
    path: str

    @property
    def repository(self) -> str:
        return self.mapping.repo_name


@dataclass(frozen=True)
class Code:
    """What is known of an event's code: its project's mappings, and the last commit of its release."""

    mappings: Sequence[CodeMapping] = ()
    release_commit: Commit | None = None
    _found: dict[tuple[str, str], CodeMapping] = field(default_factory=dict[tuple[str, str], CodeMapping], init=False)
    """By the repository and the path in it."""

    def place(self, frame: Frame) -> Place | None:
        """The file of a call; None where no mapping tells it. Of a call that is not marked as the application's, a
        mapping of all relative paths tells nothing: a library's are relative too."""
        paths = [path.replace("\\", "/") for path in _paths(frame) if len(path) <= LONGEST]
        for mapping, root in self._in_order:
            if not frame.in_app and not root.strip("./"):
                continue
            for path in paths:
                if (rest := _behind(root, path)) is not None and (found := _joined(mapping.source_root, rest)):
                    self._found.setdefault((mapping.repo_name, found), mapping)
                    return Place(mapping, found)
        return None

    def mapping(self, repository: str, path: str) -> CodeMapping | None:
        """By which the file of a call was found."""
        return self._found.get((repository, path))

    def commit(self, mapping: CodeMapping) -> str | None:
        """The commit of the event's release in the repository of this mapping, where that is known."""
        commit = self.release_commit
        if commit is None or not _COMMIT.fullmatch(commit.id):
            return None
        of = commit.repository
        if of is not None and (of.id or of.name):
            is_of_it = mapping.repo_id == of.id if mapping.repo_id and of.id else mapping.repo_name == of.name
            return commit.id if is_of_it else None
        return commit.id if len({mapping.repo_name for mapping, _ in self._in_order}) == 1 else None

    @cached_property
    def _in_order(self) -> list[tuple[CodeMapping, str]]:
        """With the root that a path must start with."""
        found = [
            (mapping, mapping.stack_root.replace("\\", "/"))
            for mapping in self.mappings[:MOST]
            if 0 < len(mapping.repo_name) <= LONGEST
            and max(len(mapping.stack_root), len(mapping.source_root)) <= LONGEST
        ]
        return sorted(
            found, key=lambda one: (bool(one[0].automatically_generated), not one[1].startswith("/"), -len(one[1]))
        )


def code_of(event: Event, mappings: Sequence[CodeMapping]) -> Code | None:
    """None where nothing maps."""
    return Code(mappings, event.release.last_commit if event.release else None) if mappings else None


def _paths(frame: Frame) -> Iterator[str]:
    """Those that a mapping may be of."""
    name = frame.filename or ""
    if not _may_be_file(name):
        return
    if frame.module and "." in frame.module and _OF_JVM.fullmatch(name):
        package = frame.module.partition("$")[0].rpartition(".")[0]
        yield f"{package.replace('.', '/')}/{name}"
    elif name:
        yield name
    if frame.abs_path and _may_be_file(frame.abs_path):
        yield frame.abs_path


def _may_be_file(name: str) -> bool:
    """`<string>`, `[eval]` are none."""
    return not name.startswith(("<", "[")) and name not in _NOT_FILES


def _behind(root: str, path: str) -> str | None:
    """What follows the root in the path; no root at all is that of relative paths alone."""
    if not root:
        return None if path.startswith("/") else path
    rest = path.removeprefix(root)
    ends = root.endswith("/") or not rest or rest.startswith("/")
    return rest if path.startswith(root) and ends else None


def _joined(root: str, rest: str) -> str | None:
    """The path in the repository; None for what can be none: a way out of it, a URL, a line break."""
    whole = f"{root}/{rest}".replace("\\", "/").partition("?")[0]  # bundlers add a query
    names = [name for name in whole.split("/") if name not in ("", ".")]
    return None if ".." in names or ":" in whole or not whole.isprintable() else "/".join(names) or None
