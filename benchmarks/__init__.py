"""Measurements, kept so that they can be made again: ``make bench``. No test depends on them."""
