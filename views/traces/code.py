"""Where the code of a stack trace lies, said once for all of its calls."""

from collections.abc import Iterable, Iterator
from typing import Self

from views.bounds import identifier, line, raw
from views.results import ByMember, Detail, Identifier
from views.traces.code_links import SHORT
from views.traces.code_mappings import Code
from views.traces.frames import Frame
from views.wording import joined


class RepositoryVersion(Detail):
    """A repository at the commit of the event's release; where that is not known, at its default branch."""

    repository: ByMember
    commit: Identifier | None = None
    branch: ByMember | None = None

    def words(self) -> str:
        """`acme/shop at 9d3c9d3c9d`."""
        return joined([self.repository, self.commit[:SHORT] if self.commit else self.branch], " at ")

    def shown(self) -> Self:
        return self.with_texts(line, repository=200, branch=100)


def versions(code: Code, stacks: list[list[Frame]]) -> list[RepositoryVersion]:
    """Of the repositories that hold the files of these calls, that of the last one first."""
    found: dict[str, RepositoryVersion] = {}
    for frame in _newest_first(stacks):
        name = frame.repository
        if not name or name in found or not (mapping := code.mapping(name, frame.path or "")):
            continue
        commit = code.commit(mapping)
        branch = None if commit else raw(mapping.default_branch)
        found[name] = RepositoryVersion(repository=name, commit=identifier(commit), branch=branch)
    return [*found.values()]


def linked_once(stacks: list[list[Frame]]) -> list[list[Frame]]:
    """With the link of the last call alone, of those that have one."""
    last = next((frame for frame in _newest_first(stacks) if frame.link), None)
    return [[frame if frame is last else frame.with_changes(link=None) for frame in frames] for frames in stacks]


def _newest_first(stacks: list[list[Frame]]) -> Iterator[Frame]:
    """From stacks of exceptions, the one raised last at the end, as Sentry has them."""
    return (frame for frames in reversed(stacks) for frame in reversed(frames))


def in_one_repository(frames: Iterable[Frame]) -> bool:
    """Whether that is so of every call that names a file, and of ours that name but the library they are in."""
    found = {
        frame.repository
        for frame in frames
        if frame.filename or frame.path or frame.abs_path or (frame.in_app and frame.package)
    }
    return len(found) == 1 and None not in found


def code_words(code: list[RepositoryVersion], frames: list[Frame]) -> list[str]:
    """`Code: https://github.com/acme/shop/blob/9d3c9d3c9d/shop/cart.py#L12 (paths below are in acme/shop)`."""
    if not code:
        return []
    linked = next((frame for frame in frames if frame.link), None)
    link = linked.link if linked else None
    told = [one for one in code if one.repository == linked.repository] if linked else code
    notes = [
        f"paths below are in {code[0].repository if link else 'it'}" if in_one_repository(frames) else None,
        "default branch: no commit of the release is known" if any(one.branch for one in told) else None,
    ]
    where = link or joined([one.words() for one in told], ", ")
    return [joined([f"Code: {where}", f"({note})" if (note := joined(notes, "; ")) else None], " ")]
