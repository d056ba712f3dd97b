"""From an event's bytes to a valid request and its time; pure."""
