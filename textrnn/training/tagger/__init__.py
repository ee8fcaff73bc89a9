"""Training a tagger."""
