"""Videos and prompts → one row per video and metric → tables; comparisons and user studies."""
