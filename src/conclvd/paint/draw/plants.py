"""Every plant the painter knows."""

from conclvd.paint.draw.bamboo import draw_bamboo
from conclvd.paint.draw.blossoms import draw_blossom_branch
from conclvd.paint.draw.lotus import draw_lotus, draw_reeds
from conclvd.paint.draw.pine import draw_pine
from conclvd.paint.draw.trees import (
    blossom_color,
    draw_bare_tree,
    draw_blossom_tree,
    draw_round_tree,
    draw_willow,
)

__all__ = [
    "blossom_color",
    "draw_bamboo",
    "draw_bare_tree",
    "draw_blossom_branch",
    "draw_blossom_tree",
    "draw_lotus",
    "draw_pine",
    "draw_reeds",
    "draw_round_tree",
    "draw_willow",
]
