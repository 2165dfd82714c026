"""The store's tables through time: one step per change, each tested to lead to what tables.py says."""
