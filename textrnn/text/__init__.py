"""Bytes to text to ids: reading, tokenizers, vocabulary."""
