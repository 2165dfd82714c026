"""xdomea 3.0.0: the invoices of a batch with their papers for a document system, as one message in one zip.

A trial: its schema is KoSIT's to publish, the operator provides it; no document system has read what is written here.
Why the message FVDaten.SGOAblegen.0605: docs/exports.md.
"""
