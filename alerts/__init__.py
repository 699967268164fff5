"""Sentry's alerts: where they come from, and the inbox in which they wait for whoever works them off."""
