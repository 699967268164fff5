"""Kinds of issues other than errors: what Sentry found, and what each kind adds to it."""
