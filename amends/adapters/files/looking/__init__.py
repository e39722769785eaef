"""Looking into a file that a stranger sent: runs in a process of its own, which may be killed at any time."""
