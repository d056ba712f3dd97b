"""Many nights, summarised from the logs of runs: a table for the terminal, a page to keep."""
