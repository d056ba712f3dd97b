"""What every package may use: errors, times, clock, concurrent calls, strict JSON."""
