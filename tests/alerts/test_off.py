"""Where there are to be no alerts, nobody waits for what they need to be loaded."""

import subprocess
import sys
from pathlib import Path

from wire import ROOT, bare_environment

MADE = """
import sys
from application import Application
from settings import load_settings
settings = dict(argument.split("=") for argument in sys.argv[1:])
Application(load_settings(environment={"SENTRY_AUTH_TOKEN": "none", **settings}))
print(*sorted(sys.modules))
"""


def loaded(*settings: str) -> set[str]:
    """The modules of a server that is made with these."""
    command = [sys.executable, "-c", MADE, *settings]
    made = subprocess.run(command, cwd=ROOT, env=bare_environment(), capture_output=True, text=True, check=True)
    return set(made.stdout.split())


def test_without_alerts_nothing_of_them_is_loaded(tmp_path: Path) -> None:
    needed = {"alerts.alert", "resources.updates", "telling"}
    assert needed <= loaded("SENTRY_MCP_ALERTS=true", f"SENTRY_MCP_ALERTS_PATH={tmp_path / 'alerts.db'}")
    found = loaded("SENTRY_MCP_ALERTS=false")
    assert "application" in found
    assert not [name for name in found if name.split(".")[0] == "alerts" or name in needed]
