"""Orders: what a customer had paid."""
