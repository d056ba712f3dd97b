"""What chat channels are told of a run: composed by pure functions, sent in one place."""
