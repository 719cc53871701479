"""
What commands share that answer Prometheus.

`endpoints` reads where a person wants that, `redirect_metrics` has those of redirect servers.
Those of a station are in `apps.station.figures`, those of watch in `apps.watch.metrics`.
"""
