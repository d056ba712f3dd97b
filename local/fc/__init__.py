"""Function Compute, played on this machine."""
