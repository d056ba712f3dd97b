"""From a plan to the result for each instance."""
