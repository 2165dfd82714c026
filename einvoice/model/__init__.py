"""What an invoice says: the terms and groups of EN 16931, whatever the syntax."""
