"""Read-only on every outside system: Sentry, the Targets, and the Evidence we keep of them."""
