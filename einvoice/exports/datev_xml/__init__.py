"""DATEV XML online (Belegtransfer): document.xml, a ledger file for each invoice, and the invoices, in a flat zip.

A trial: DATEV's schemas cannot be had from any package, so the operator provides them and they judge every file;
nothing here was read by DATEV itself. Source: facts/domain.md section 2 (versions 6.0 of document and ledger).
"""
