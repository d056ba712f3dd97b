"""One simulated business day."""
