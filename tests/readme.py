"""The project's pages as their reader follows them: their blocks, by the heading they stand under."""

import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from wire import ROOT, bare_environment


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


def shell(commands_of: Path, folder: Path, **environment: str) -> dict[str, str]:
    """The environment of a shell in which these commands are found first."""
    bare = bare_environment()
    return {**bare, "PATH": f"{commands_of}:{bare['PATH']}", "HOME": str(folder), **environment}


@contextmanager
def served(block: str, folder: Path, environment: dict[str, str], lines: int) -> Generator[str]:
    """Runs a block that serves until Ctrl-C; what its first lines on stderr say."""
    command = ["bash", "-euc", f"exec {block}" if block.startswith("sentry-mcp") else block]
    process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        yield "".join(process.stderr.readline() for _ in range(lines))
    finally:
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        process.stderr.close()
        assert process.wait(20) == 130


def printed(command: list[str], environment: dict[str, str]) -> str:
    """What a program says, and on what it fails."""
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr
