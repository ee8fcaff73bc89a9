"""All steps of a recurrent layer in one compiled call, forwards and back."""
