"""The metrics, one a file: pure functions from frames to numbers, and their column of the table."""
