"""The ECS helper: everything that the actions share, and no action by name."""
