"""Files of evidence: where their bytes are, and a look into them that cannot hurt."""
