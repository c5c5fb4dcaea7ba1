"""Shipped robot models and the program that regenerates them."""
