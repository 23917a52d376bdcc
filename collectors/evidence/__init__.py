"""Our own database: what was seen, judged and done, without a customer's data in clear."""
