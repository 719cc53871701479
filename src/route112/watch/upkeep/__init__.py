"""
What has to be kept up although no call asks for it: clocks, contacts, alternative numbers.

`clocks` compares those of stations with each other and with this machine's, `directory` knows what
nobody has confirmed for too long. Each lists deviations; `detectors.stale` makes findings of them.
What is known of clocks is of the wall clock and of this minute, and no part of frozen state.
"""
