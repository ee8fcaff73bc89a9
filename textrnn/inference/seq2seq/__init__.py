"""An encoder-decoder at work: a text for a text, and their figures."""
