"""What several servers share through a Valkey or Redis: Sentry's answers, events for who subscribed."""
