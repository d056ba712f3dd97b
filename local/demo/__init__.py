"""One business day, played."""
