"""The verbs: what the API does, without Flask."""
