"""From rows to the answer and the log."""
