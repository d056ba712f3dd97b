"""Notices about runs for chat channels: composed by pure functions, sent in one place."""
