"""The version, as pyproject.toml and the wheel have it."""

VERSION = "0.1.0"
