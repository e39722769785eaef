"""Payment providers: the sandbox."""
