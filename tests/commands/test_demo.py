"""`sentry-mcp demo`, as a process of its own: what it shows, and what it leaves."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from wire import ROOT, bare_environment

Demo = Callable[..., subprocess.Popen[str]]
LIMIT = 240
"""Seconds until one that hangs is given up."""


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """Starts it in a session of its own, as a terminal does; its temporary files are in `left`."""
    (tmp_path / "left").mkdir()

    def start(root: Path = ROOT) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(root / "server.py"), "demo"],
            env={**bare_environment(), "TMPDIR": str(tmp_path / "left")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def test_it_shows_the_whole_way(demo: Demo, tmp_path: Path) -> None:
    with demo() as process:
        said, errors = process.communicate(timeout=LIMIT)

    assert (process.returncode, errors) == (0, "")
    assert "CheckoutError" in said
    assert "unresolved (regressed)" in said
    before, _, after = said.partition(" log warn: The cache of order lines does not answer")
    assert re.search(r"http\.server /orders", before)
    assert re.search(r"^.*\n.* 24 x db SELECT sku FROM order_lines .* N\+1$", after, re.MULTILINE)
    (fixed,) = re.findall(r"^engine: alert \d: resolve, (APP-\d)\. A passing failure", said, re.MULTILINE)
    (left,) = re.findall(r"^engine: alert \d: given_back, (APP-\d)\. The rule does not know", said, re.MULTILINE)
    assert re.search(rf"^alert \d \| created \| done \| {fixed} \|.* note: A passing failure", said, re.MULTILINE)
    assert re.search(rf"^alert \d \| created \| new, given back \| {left} \|.* note: The rule", said, re.MULTILINE)
    _, _, issue = said.partition(f"Issue {fixed}: resolved ")
    assert re.search(r"^\S+ \S+ comment by .*: A passing failure", issue, re.MULTILINE)
    assert "\x1b[" not in said
    assert list((tmp_path / "left").iterdir()) == []


def test_ctrl_c_ends_all_that_it_started(demo: Demo, tmp_path: Path) -> None:
    with demo() as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("engine: waits for alerts"):
                break
        started = psutil.Process(process.pid).children(recursive=True)
        programs = {Path(part).name for one in started for part in one.cmdline()}
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT)

    assert (process.returncode, errors) == (130, "")
    assert {"engine.py", "server.py"} <= programs
    _, left = psutil.wait_procs(started, timeout=10)  # one whose parent has ended is gone once the system has noticed
    assert [one for one in left if one.status() != psutil.STATUS_ZOMBIE] == []
    assert list((tmp_path / "left").iterdir()) == []


def test_an_engine_that_ends_too_early_is_one_line(demo: Demo, tmp_path: Path) -> None:
    """It is the file that people copy which is run."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", "benchmarks", "docs", "tests"))
    (copy / "examples" / "engine.py").write_text('print("no engine today")')
    with demo(copy) as process:
        said, errors = process.communicate(timeout=LIMIT)

    assert said.endswith("\nno engine today\n")
    assert (process.returncode, errors) == (1, "sentry-mcp: the demo failed: engine.py ended\n")
    assert list((tmp_path / "left").iterdir()) == []
