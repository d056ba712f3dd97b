"""The environment and Function Compute's context as values."""
