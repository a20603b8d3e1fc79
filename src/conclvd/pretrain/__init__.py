"""The embedded model's stages: painted clips → ink-mini and RAFT."""
