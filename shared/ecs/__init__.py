"""The ECS client: all I/O with ECS, and the only place that imports the SDK."""
