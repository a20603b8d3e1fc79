"""What captions say, and every word they can say it with."""
