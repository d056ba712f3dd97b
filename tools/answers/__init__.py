"""``make answers DIR=…``: recorded answers of ECS held against what the emulator answers."""
