"""Subscriptions: what makes a blocked customer cost money."""
