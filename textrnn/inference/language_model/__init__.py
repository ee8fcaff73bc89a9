"""A language model at work: prompts, engines, the choice of each unit, figures on held-out text."""
