"""
What commands share that answer Prometheus.

`endpoints` reads where a person wants that; `redirect_metrics` has the figures of a redirect server.
Those of a station are in `apps.station.figures`, those of watch in `apps.watch.metrics`.
"""
