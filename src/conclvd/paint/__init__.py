"""The procedural painter: any number of landscape clips with exact descriptions."""
