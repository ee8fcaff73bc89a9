"""The recurrent stack and the networks on it, as functions over the array API; their initial parameters."""
