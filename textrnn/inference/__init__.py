"""A run to a predictor, on NumPy alone."""
