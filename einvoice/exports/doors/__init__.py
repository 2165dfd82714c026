"""Doors: how a file gets to a place, so that exactly one complete file lies there whatever is cut when."""
