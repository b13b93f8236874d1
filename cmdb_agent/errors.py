"""The one exception of the agent's program."""


class AgentError(Exception):
    """It can't be done; says what was wrong, where, and what to do."""
