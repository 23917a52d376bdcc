"""The schema audit: where soft deletion and uniqueness disagree, and what would mend it. Pure."""
