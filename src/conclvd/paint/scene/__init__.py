"""What is where in a picture, before anything is painted."""
