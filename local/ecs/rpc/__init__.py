"""How operations parse requests and write responses."""
