"""How invoices come in: sources, what a delivery holds, routing to a tenant, duplicates."""
