"""Composition roots: the commands that people type."""
