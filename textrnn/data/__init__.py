"""Files to examples to splits, streams and batches; the built-in corpora."""
