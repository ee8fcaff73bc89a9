"""The only home of torch: the training loop, the planner, exact resume."""
