"""Engine, store and partners under one seed, with crashes; judged by a second, simpler model."""
