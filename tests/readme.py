"""The project's pages as their reader follows them: their blocks, by the heading they stand under."""

import re
from functools import cache

from wire import ROOT


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


TEXT = page("README.md")


@cache
def sections(name: str) -> dict[str, str]:
    """What stands below each heading of a page."""
    return dict(zip(*[iter(re.split(r"^#+ (.*)$", page(name), flags=re.MULTILINE)[1:])] * 2, strict=True))


def blocks(language: str, heading: str | None = None, of: str = "README.md") -> list[str]:
    """The blocks of a language, of a whole page or under one heading, in order."""
    text = page(of) if heading is None else sections(of)[heading]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(of: str = "README.md") -> list[str]:
    """Each command of each shell block: what its lines say, without comments and continuations."""
    lines = "".join(blocks("sh", of=of)).replace("\\\n", " ").splitlines()
    return [" ".join(re.sub(r"\s#.*$", "", line).split()) for line in lines]
