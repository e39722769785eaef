"""`amends bench`: what this service can do on this machine, beside what its database can do alone."""
