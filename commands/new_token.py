"""`sentry-mcp token NAME`: a token for a caller, shown once, and what the server is to know of it."""

import hashlib
import secrets

from service.access.callers import NAME
from settings import SettingsError

BEGINS = "smcp_"
"""What scanners of secrets, and redaction, know our tokens by."""


def new_token(name: str | None) -> int:
    """Prints a new token and the block to paste; nothing of it is kept. Raises SettingsError."""
    if name is None or not NAME.fullmatch(name):
        raise SettingsError("token: give the caller's name, such as triage-engine: letters, digits, and _ . @ -")
    made = BEGINS + secrets.token_urlsafe(32)
    digest = hashlib.sha256(made.encode()).hexdigest()
    print(f"""\
The token of {name}, which is shown this once. Give it to them alone; they send it as `Authorization: Bearer TOKEN`:

{made}

What the server needs, in the file of settings or the one that callers_file names:

[[callers]]
name = "{name}"
token_sha256 = "{digest}"
scopes = ["issues:read"]  # also issues:write, alerts:read, alerts:write, admin
# organizations = ["acme"]
# projects = ["shop"]""")
    return 0
