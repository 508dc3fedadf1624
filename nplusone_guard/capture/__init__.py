"""Capture: the only code that runs per query, and the only code that looks at frames."""
