"""What `textrnn summary` shows of each kind of network: of a run, and of one that flags describe."""
