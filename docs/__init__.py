"""Documentation, and the script that writes the reference pages from the code."""
