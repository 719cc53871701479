"""Decide where a call goes: pure, total, standard library only."""
