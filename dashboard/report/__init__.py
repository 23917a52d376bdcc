"""Impact as a document: one HTML file that needs no network, or a CSV."""
