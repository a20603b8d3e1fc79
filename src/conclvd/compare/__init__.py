"""The same prompts and seeds by every method: folders of videos that can be measured and shown."""
