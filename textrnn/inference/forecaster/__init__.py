"""A forecaster at work: the next numbers of a series with their band, and their figures."""
