"""To learn by: the lessons, and a trainer in NumPy alone whose every line can be read."""
