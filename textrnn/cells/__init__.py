"""The equations: recurrent cells as functions over the array API, one step and a whole sequence."""
