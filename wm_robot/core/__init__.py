"""The vocabulary that every other package shares: types, protocols, errors, seeds.

Only numpy and the standard library are imported here.
"""
