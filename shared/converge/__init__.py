"""From a plan to what became of each instance."""
