"""The state machine of an account, and its catalogue."""
