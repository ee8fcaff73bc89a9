"""What `textrnn evaluate` measures of each kind of run: files in, the figures that are printed out."""
