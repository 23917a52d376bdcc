"""Checkouts: a customer is created from an e-mail address that the request does not hold."""
