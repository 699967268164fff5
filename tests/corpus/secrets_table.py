"""Secrets as events hold them, and what only looks like one. All are made up, and split so that no scanner trips."""

SECRETS: list[tuple[str, str, str]] = [
    ("password in a log line", "login with password=" + "hunter2-Zq9 failed", "hunter2-Zq9"),
]
LOOKALIKES: list[tuple[str, str]] = []
