"""
The figures of one station.

`tally` counts its records as the recorder reads them, `metrics` tells Prometheus that and what the
supervisor's parts know. Nothing here is asked of a call.
"""
