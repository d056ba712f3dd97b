"""What an account starts with."""
