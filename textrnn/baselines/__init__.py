"""What a simple method gets, fitted at training time."""
