"""
route112 takes a country's emergency calls from every operator to the right answering point.

Read ARCHITECTURE.md first: three planes (plan, call, watch), a pure core, thin adapters.
"""

__version__ = "0.1.0"
