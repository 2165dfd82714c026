"""SEPA credit transfers, pain.001.001.09: which rows are paid how and when, and the message that says so.

A small writer of our own: ids, dates and bytes depend on the batch alone, addresses are structured, umlauts are
spelled out. What is written is validated against the official schema first (facts/domain.md section 3).
"""
