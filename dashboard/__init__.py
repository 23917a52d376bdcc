"""The dashboard, the command line, and the only write side: `dashboard.remediation`."""
