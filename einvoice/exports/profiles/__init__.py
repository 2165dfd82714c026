"""Export profiles: layouts of accounting systems as data, checked when loaded, filled from a frozen batch."""
