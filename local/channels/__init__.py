"""The chat channels that notices go to, played on this machine; the emulator knows none of it."""
