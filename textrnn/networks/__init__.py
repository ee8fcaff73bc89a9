"""The networks, as functions over the array API; initial parameters."""
