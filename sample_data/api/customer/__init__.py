"""Customers: the endpoint that the incident is named after."""
