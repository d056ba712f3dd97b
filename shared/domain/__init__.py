"""Facts about instances, and what to do about them; pure."""
