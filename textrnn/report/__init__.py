"""Pictures: the live view in the terminal, strips and sparklines."""
