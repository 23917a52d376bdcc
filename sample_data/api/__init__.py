"""The sandbox: a small billing API with the real bug, for the demo and the tests only.

Deleting is soft, the application's own check hides deleted rows, the unique indexes count them. So
a create fails inside PostgreSQL, nobody catches it, and the real sentry-sdk reports it. Nothing
about a failure is staged; a holder of the control token may only choose the release, the request's
clock and how the payment provider outside behaves.
"""
