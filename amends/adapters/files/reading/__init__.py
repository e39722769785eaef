"""Comparing and reading what was filed, in a process of its own: it is heavy, and documents are strangers'."""
