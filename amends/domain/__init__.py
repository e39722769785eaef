"""The rules of a case. Pure: no clock, no randomness, no I/O, no framework."""
