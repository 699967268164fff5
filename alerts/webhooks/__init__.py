"""What Sentry sends by itself: https://docs.sentry.io/integrations/integration-platform/webhooks/."""
