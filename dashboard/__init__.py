"""The dashboard, the command line, and the only write side: `dashboard.remediation`."""

import sys


def main() -> None:
    """The `tombstone` command. Its modules take a moment to come, and somebody may think better."""
    try:
        from dashboard.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
