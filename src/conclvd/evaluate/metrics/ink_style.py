"""Ink style: the mean of the distances in tone, blank space, saturation, palette, edges, washes."""

from __future__ import annotations

from conclvd.evaluate.metrics.blank import BLANK_PARTS
from conclvd.evaluate.metrics.edges import EDGES
from conclvd.evaluate.metrics.palette import PALETTE
from conclvd.evaluate.metrics.saturation import SATURATION
from conclvd.evaluate.metrics.style_distance import style_metric
from conclvd.evaluate.metrics.tones import TONES
from conclvd.evaluate.metrics.washes import WASHES

FEATURES = (TONES, BLANK_PARTS, SATURATION, PALETTE, EDGES, WASHES)
METRIC = style_metric("ink-style", "ink style", *FEATURES)
