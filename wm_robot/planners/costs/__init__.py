"""Prices for imagined futures, one a file."""
