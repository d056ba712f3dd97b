"""How operations read requests and write answers."""
