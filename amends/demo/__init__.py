"""A made-up marketplace with a history, so that the service can be looked at: `amends demo`."""
