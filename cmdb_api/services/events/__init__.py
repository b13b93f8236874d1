"""What others are told of: the outbox, webhooks, streams."""
