"""Who may do what: accounts, tokens, sessions, business units, and the log of it."""
