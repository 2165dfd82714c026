"""Packages that prove themselves without einvoice: of a town and a period for an auditor, of one invoice for all."""
