"""Who may let what pass: persons and roles, confirmation, authorisation, batches. Enforced here, not by a page."""
