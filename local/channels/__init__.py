"""The chat channels for notices, simulated on this machine; the emulator does not depend on it."""
