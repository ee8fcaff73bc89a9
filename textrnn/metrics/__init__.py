"""Predictions to numbers with a signature."""
