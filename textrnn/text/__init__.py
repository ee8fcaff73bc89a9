"""Bytes to text to ids: reading, the corpus, tokenizers, the vocabulary."""
