"""The session at the prompt that talks to a model."""
