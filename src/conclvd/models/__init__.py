"""Model parts: loading a frozen base, the motion module, the noise adapter."""
