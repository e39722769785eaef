"""HTTP: what programs and browsers ask becomes a command or a question, the answer becomes JSON or a page."""
