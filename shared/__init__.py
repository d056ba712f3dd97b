"""The ECS helper: everything that the actions share; it names no action."""
