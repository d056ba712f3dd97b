"""Function Compute, simulated on this machine."""
