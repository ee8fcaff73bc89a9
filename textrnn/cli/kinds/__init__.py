"""The kinds of training as the command line meets them: what sets one training command apart from another."""
