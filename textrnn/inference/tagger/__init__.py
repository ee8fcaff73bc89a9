"""A tagger at work: a tag for every word, and their figures."""
