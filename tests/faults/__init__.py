"""Faults done on purpose: kills, failing calls, full disks, clocks that jump; what must hold afterwards."""
