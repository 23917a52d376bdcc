"""What the store can be asked, one file a question. Nothing here writes."""
