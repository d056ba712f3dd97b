"""From rows to the response and the log."""
