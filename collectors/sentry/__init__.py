"""Sentry and its kin: the client, the parser, and one file a kind of source."""
