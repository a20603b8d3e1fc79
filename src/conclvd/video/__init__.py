"""Video files to and from uint8 frames [h w 3], RGB, at a rational frame rate.

One frame is in memory at a time, except where a format's encoder keeps more (gif, webp).
"""
