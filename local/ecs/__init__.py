"""The ECS emulator: fleet, clock, operations, wire protocol. It is self-contained."""
