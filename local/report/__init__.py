"""Many nights, put together from the logs of runs."""
