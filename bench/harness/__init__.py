"""What the stages of the bench stand on: processes, clocks, loads, the two sides, the report."""
