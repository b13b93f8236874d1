"""Searches of assets: the language, its fields, and what is asked beside them."""
