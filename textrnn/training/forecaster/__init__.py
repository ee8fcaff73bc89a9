"""Training a forecaster."""
