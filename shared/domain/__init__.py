"""What is true of instances, and what to do about it; pure."""
