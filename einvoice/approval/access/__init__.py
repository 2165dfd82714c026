"""Who may come in through the browser or the API: passwords, one-time codes, invitations, sessions, tokens."""
