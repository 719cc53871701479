"""
Figures of a process for Prometheus.

`endpoint` serves what a collector says inside the process's own event loop, within bounds: a
supervisor has no thread, and nobody who asks may make it wait.
"""
