"""From a request to the frames of a video: prompt, denoise, decode, interpolate."""
