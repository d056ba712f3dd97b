"""What everything may use: errors, times, clock, simultaneous calls, strict JSON."""
