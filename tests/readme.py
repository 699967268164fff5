"""The README as its reader follows it: its blocks, by the heading they stand under."""

import re

from wire import ROOT

TEXT = (ROOT / "README.md").read_text("utf-8")
SECTIONS = dict(zip(*[iter(re.split(r"^#+ (.*)$", TEXT, flags=re.MULTILINE)[1:])] * 2, strict=True))


def blocks(language: str, heading: str | None = None) -> list[str]:
    """The blocks of a language, of the whole README or under one heading, in order."""
    text = TEXT if heading is None else SECTIONS[heading]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Each command of each shell block: what its lines say, without comments and continuations."""
    lines = "".join(blocks("sh")).replace("\\\n", " ").splitlines()
    return [" ".join(re.sub(r"\s#.*$", "", line).split()) for line in lines]
