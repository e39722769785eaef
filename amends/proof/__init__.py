"""What an outsider needs to check the record: hashing, trees, signatures. Knows nothing of cases or of a service."""
