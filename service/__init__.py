"""What the server does, without MCP and without HTTP; everyone asks here: `service.issues.get_issue(...)`.

Its modules are loaded when they are first asked for: they, the views and the client cost a tenth of the time in
which a server over stdio is ready.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service import (
        affected,
        alerts,
        events,
        issues,
        names,
        projects,
        releases,
        searches,
        servers,
        traces,
        updates,
    )

__all__ = [
    "affected",
    "alerts",
    "events",
    "issues",
    "names",
    "projects",
    "releases",
    "searches",
    "servers",
    "traces",
    "updates",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
