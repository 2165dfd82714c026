"""Hybrid invoices (ZUGFeRD, Factur-X): a PDF that carries an invoice as XML, read, judged as a whole, and written."""
