"""A classifier at work: verdicts and their figures."""
