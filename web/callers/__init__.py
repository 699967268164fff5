"""Who calls over HTTP: known by a token, let in or not."""
