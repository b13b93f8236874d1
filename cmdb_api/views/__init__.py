"""The faces of the API: JSON and HTML."""
