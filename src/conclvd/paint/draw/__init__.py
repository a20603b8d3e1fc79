"""From a scene to layers and frames: strokes, elements, weather, the compositor."""
