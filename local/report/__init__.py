"""Many nights, put together from the logs of runs: a table for the terminal, a page to keep."""
