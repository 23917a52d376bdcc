"""What the commands do, one file a kind: they open what is needed, ask, and show."""
