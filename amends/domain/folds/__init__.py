"""What each event changes, by subject; `evolve` has the table of all."""
