"""Assets out as sheets and files, and in again."""
