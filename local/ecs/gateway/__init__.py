"""The layer between a request and the engine: throttling, faults, the request log."""
