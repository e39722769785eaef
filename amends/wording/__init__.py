"""Facts become words here, late, for one reader in one language."""
