"""One file for each stage of a case's life; `decide` says which rule answers which command.

A rule is a pair: `may_x(case_draft, command)` is the ladder of guards and gives the first refusal, or None;
`x(case_draft, command)` is what follows below the marked line. With `command=None` a ladder skips the rungs
that depend on its fields, and so answers which actions are open.
"""
