"""The equations: one step and one sequence of each recurrent cell, over the array API."""
