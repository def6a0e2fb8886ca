"""One measurement a file: each takes the bench, runs in turn on its sides, and returns what it saw."""
