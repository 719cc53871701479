"""All I/O; an adapter translates and calls, it decides nothing."""
