"""PostgreSQL behind the engine's ports; the memory store keeps the same contract."""
