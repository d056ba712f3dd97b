"""The Function Compute handlers, one action each."""
