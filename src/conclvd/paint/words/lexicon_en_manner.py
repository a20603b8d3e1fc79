"""The English words for how a picture is painted and mounted: brushwork, format, blank space."""

from __future__ import annotations

from typing import Final

FORMAT: Final = {
    "square": "(square |small |)album leaf|leaf from an album|square album painting",
    "hanging": "(tall |narrow |)hanging scroll|vertical (hanging |)scroll|hanging scroll",
    "landscape": "wide (painting|landscape)|(broad|horizontal) painting",
    "handscroll": "(long |)handscroll|long horizontal scroll|section of a handscroll",
}
"""The shape and mounting, without an article."""

DISTANCE: Final = {
    "high": "in high distance|seen in high distance|looking up from the foot|in the high"
    " distance manner",
    "level": "in level distance|seen in level distance|looking out across the scene|in the level"
    " distance manner",
    "deep": "in deep distance|seen in deep distance|looking deep into the range|in the deep"
    " distance manner",
}

BRUSH: Final = {
    "hemp": "hemp-fibre (texture |)strokes|long hemp-fibre strokes|hemp-fiber strokes"
    "|soft hemp-fibre (texture strokes|brushwork)|pima cun( strokes|)",
    "axe": "axe-cut (texture |)strokes|sharp axe-cut strokes|axe-cut brushwork"
    "|angular axe-cut strokes|ax-cut strokes|fupi cun( strokes|)",
    "mi": "Mi dots|horizontal Mi dots|wet Mi dots|rows of Mi dots|Mi family dots",
    "splash": "splashed ink|pools of splashed ink|bold splashed ink|splashed ink and colour"
    "|broken splashed ink|pomo splashed ink",
}
"""The texture strokes of the mountains, as a noun."""
BRUSH_LEAD: Final = "painted in|built up in|modelled with|in|textured with|in"
BRUSH_CLAUSE: Final = "the mountains are (painted in|built up in|modelled with|textured with)"

DENSITY: Final = {
    "sparse": "much blank (space|paper)|(large|wide) areas left blank|mostly blank paper"
    "|(vast|wide) blank space|a composition of blank space|blank space all around"
    "|a sparse composition",
    "medium": "",
    "rich": "a (dense|rich|crowded) composition|a richly detailed scene|full of detail",
}
SEAL: Final = "a red seal|a vermilion seal|a small red seal|a red artist seal|a carved seal in red"
INSCRIPTION: Final = "an inscription in ink|a few columns of calligraphy|a poem inscribed above"
