"""Reads, judges, explains and moves e-invoices (XRechnung, ZUGFeRD, EN 16931)."""
