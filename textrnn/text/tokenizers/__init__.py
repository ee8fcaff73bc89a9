"""The tokenizers, one kind a file: char, byte, word, bpe."""
