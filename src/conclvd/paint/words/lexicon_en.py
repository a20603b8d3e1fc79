"""The English words of captions: one table a fact, in the notation of `templates`.

A table says nothing but its own fact: no boat in the words for water, no blossom in the words for
spring. `<singular|plural|participle>` marks the forms. Tables of elements are keyed by the kind or
by "kind/detail".
"""

from __future__ import annotations

from typing import Final

_LEFT = (
    "to the left|leftward|leftwards|toward the left|towards the left|off to the left|"
    "from right to left"
)
_RIGHT = (
    "to the right|rightward|rightwards|toward the right|towards the right|off to the right|"
    "from left to right"
)
DIRECTION: Final = {"left": _LEFT, "right": _RIGHT}

SIDE: Final = {
    "left": "on the left|on the left side|at the left|at left|on the left of the picture",
    "right": "on the right|on the right side|at the right|at right|on the right of the picture",
    "center": "in the middle|in the center|in the centre|at the center|in the middle of the picture"
    "|at the heart of the picture",
}

# --- style and colour ------------------------------------------------------------------------

STYLE: Final = (
    "Chinese landscape painting|Chinese landscape painting|traditional Chinese painting"
    "|shanshui painting|shanshui|shan shui landscape|Chinese painting|Chinese landscape"
    "|(classical|classic|ancient) Chinese landscape|Chinese brush painting|brush painting"
    "|traditional Chinese landscape painting|(oriental|eastern|East Asian) landscape painting"
    "|guohua landscape|Chinese watercolor|Chinese watercolour landscape"
    "|moving Chinese painting|animated Chinese landscape painting"
)
STYLE_INK: Final = (  # only where the colours are those of ink
    "Chinese ink painting|ink wash painting|ink painting|sumi ink landscape|ink wash landscape"
    "|Chinese ink wash landscape|ink and brush landscape"
)
STYLE_TAIL: Final = (
    "in the style of (a|) (traditional|classical|) Chinese (landscape painting|painting)"
    "|in (traditional|classical|) Chinese style|in (the|) shanshui style|as a Chinese painting"
    "|Chinese painting style|in the manner of (an old master|the old masters)"
    "|like (an ancient|an old|a Song dynasty) painting|in the literati style"
)
STYLE_LEAD: Final = "A|A|A|A|A video of a|A short film of a|A serene|A quiet|An animated"

TONE: Final = {
    "ink": "in (black and white|monochrome|grey|gray|black|dark|diluted) ink( wash|)"
    "|in (shades|washes|tones|layers) of (grey|gray|black) ink|in black and white"
    "|in (pale|light) and dark ink|in monochrome|with (black|dark) ink and (white|blank) paper",
    "mist": "in (misty|hazy|foggy|soft|muted|cool) (grey-blue|blue-grey|gray-blue|slate blue)"
    "( tones| colors| colours| hues|)|in (misty|hazy|foggy) (grey|gray) and blue"
    "|in the (cool|pale) blue-grey of (a foggy|an overcast|a misty) day|in slate and fog",
    "qinglu": "in (blue-green|blue and green|azure and green|azurite and malachite)( and gold|)"
    "|in (mineral|bright|rich) (blue and green|blue-green)( pigments| colors| colours|)"
    "|in (turquoise|teal) and gold|in (the|) blue-green (style|manner)|in qinglu colors"
    "|with (gold|golden) and (blue-green|turquoise|peacock blue) (slopes|colors|pigment)",
    "jade": "in (jade|emerald|fresh) green( tones| shades|)|in (shades|tones) of (jade|emerald)"
    "|in (cool|soft|clear|light) jade( green|)|in (green|greens) like jade|all in (emerald )green"
    "|in verdant green",
    "silk": "on (aged|antique|old|brown|yellowed|faded|darkened|ancient) (sepia |)silk"
    "|in (sepia|antique brown|tea brown|umber|warm brown)( tones|)|on (old|brown|aged) parchment"
    "|in the brown tones of (old|aged|antique) silk|like a faded painting on silk",
    "dawn": "in (soft|warm|pale|tender|rosy) pink( tones| light| colors| hues|)"
    "|under a (pink|rosy|pale pink|blushing) sky|in (pink and peach|rose and peach|peach and grey)"
    "|in (peach|rose|salmon) tones|in a (rosy|pink) glow",
    "dusk": "under (an orange|an amber|a burning|a flaming|a glowing orange) sky"
    "|in (orange|amber|warm orange|copper)( tones| light| colors| hues|)|in an orange glow"
    "|in (orange and purple|amber and violet)",
    "spring": "in (spring|early spring|springtime|the spring|fresh spring)"
    "|in (soft|fresh|tender|light|gentle) spring (colors|colours|tones)|on a (spring|mild) day"
    "|in (pastel|delicate pastel) (colors|colours|tones|shades)|in the mild days of spring",
    "autumn": "in (autumn|late autumn|golden autumn|deep autumn|the autumn)"
    "|in (golden|russet|warm|rich) autumn (colors|colours|tones|hues)|on an autumn day"
    "|in (russet|rust|ochre|chestnut) and gold|in the gold of autumn|in autumnal colors",
    "snow": "in (winter|snowy winter|deep winter|cold winter|the winter|midwinter|white winter)"
    "|in (icy|frosty|wintry|cold|frozen) (white|whites|tones|colors)|in winter white"
    "|on a (cold|frosty|snowy) (winter|) day|in a (snowy|frozen|wintry) (world|land)",
    "night": "in (deep|dark|midnight|inky|nocturnal) blue( tones| shades| colors|)"
    "|in (indigo|dark indigo|navy)( tones|)|under a (dark|deep blue|midnight|black) sky"
    "|in (shadowy|nightly) blues",
}
"""Adverbial phrases for the palette."""

COLOR: Final = {
    "ink": "monochrome|ink wash|grey ink|black and white|gray ink|black ink",
    "mist": "misty grey-blue|foggy blue-grey|hazy grey-blue|misty|foggy|hazy",
    "qinglu": "blue-green|blue and green|mineral blue and green|blue-green and gold|turquoise"
    "|qinglu",
    "jade": "jade green|emerald|jade|emerald green|verdant",
    "silk": "sepia|aged sepia|antique brown|brown silk|old silk",
    "dawn": "rosy|pale pink|warm pink|soft pink|pink",
    "dusk": "orange|amber|glowing orange|copper",
    "spring": "spring|pastel spring|fresh spring|springtime|pastel",
    "autumn": "autumn|golden autumn|russet autumn|autumnal",
    "snow": "snowy winter|winter|wintry|frosty white|snowy",
    "night": "dark blue|deep blue|midnight blue|indigo|nocturnal",
}
"""Adjectives for the palette: "a {color} landscape"."""

COLOR_NOUN: Final = "landscape|landscape|scene|scenery|view|painting|picture"
COLOR_NOUN_ONE: Final = "(landscape|scene|view|painting|picture)"
PALETTE_TAG: Final = "palette|tones|colors|colours|tones|hues"
PALETTE_CLAUSE: Final = (
    "(painted|rendered|brushed|drawn)|(the scene|everything|the whole scene) is (painted|drawn|)"
    "|it is all painted"
)

TIME: Final = {
    "day": "by day|in daylight|in the daytime|under a bright sky",
    "dawn": "at (dawn|daybreak|sunrise|first light)|at dawn|in the (early |)morning"
    "|in (early |)morning light|as day breaks|in the quiet of morning|at the break of day",
    "dusk": "at (dusk|sunset|twilight|nightfall)|in the evening|at dusk|in (evening|sunset) light"
    "|in the (evening|sunset) glow|as evening (falls|comes)|at the end of the day"
    "|in the late evening",
    "night": "at night|by night|on a (quiet|still|dark|clear|silent) night|late at night"
    "|in the (dark|night|darkness)|after dark|at midnight|under the night sky",
}

# --- mountains and water ---------------------------------------------------------------------

MOUNTAIN: Final = {
    "steep": "(steep|sharp|towering|lofty|high|tall|craggy|soaring|pointed|sheer) (peaks|mountains)"
    "|(layered|distant|majestic) steep (peaks|mountains)|(steep|sheer) (cliffs and peaks|summits)"
    "|range upon range of steep (peaks|mountains)|(steep|towering) mountain ranges",
    "round": "(round|rounded|rolling|gentle|soft|low|smooth) (hills|mountains)"
    "|(layered|distant|quiet) (rounded|rolling|round) (hills|mountains)|rolling hills"
    "|(row after row|fold after fold) of rolling hills|gently rounded (hills|mountains)",
    "karst": "(karst|limestone) (peaks|mountains|pillars|towers|hills|pinnacles)"
    "|(layered|distant|strange) karst (peaks|pillars|mountains)|pillar (mountains|peaks)"
    "|mountains (like pillars|shaped like pillars|like columns)|forests of karst (peaks|pillars)",
    "ridge": "(rugged|long|jagged|craggy|rough|sprawling|endless) (ridges|mountain ridges)"
    "|(layered|distant|wild) (rugged|jagged) ridges|(long|broad|rugged) mountain ridges"
    "|(ridge upon ridge|ridges upon ridges)|(rugged|jagged) (ridges|mountains)",
}
HILLS: Final = {
    "steep": "peaks|mountains|cliffs",
    "round": "hills|mountains|slopes",
    "karst": "karst peaks|mountains|pillars",
    "ridge": "ridges|mountains",
}
"""Short names, used in places: "above the {hills}"."""

MOUNTAIN_TAIL: Final = (
    "(rise|stand|loom|tower) (in the distance|in the background|far away|on the horizon|beyond)"
    "|(fade|dissolve|recede|melt) into the distance|(stretch|spread|run) across the (picture"
    "|horizon)"
    "|rise (layer upon layer|one behind another|behind each other|against the sky)"
    "|fill the (background|picture|scene)|overlap in the distance"
)
MOUNTAIN_TAIL_LOW: Final = (
    "(roll|stretch|spread|lie) (in the distance|in the background|far away|on the horizon|beyond)"
    "|(fade|dissolve|recede|melt) into the distance|(stretch|spread|run) across the picture"
    "|overlap in the distance|rise gently (in the distance|behind each other)"
)
"""The same for what does not tower."""
MOUNTAIN_BEHIND: Final = "below|beneath|under|before|in front of|among|amid|against"
MOUNTAIN_OVER_WATER: Final = (
    "(tower|rise|stand|loom) (over|above|beyond|behind) the (lake|water|river)"
    "|are (mirrored|reflected) in the (lake|water|river)"
)
MOUNTAIN_OVER_WATER_LOW: Final = (
    "(lie|stretch|roll) (above|beyond|behind) the (lake|water|river)"
    "|are (mirrored|reflected) in the (lake|water|river)"
)

WATER: Final = (
    "a (calm|still|quiet|wide|clear|broad|peaceful|tranquil|smooth|silent|glassy|rippling|) (lake"
    "|river)"
    "|(calm|still|clear|quiet|open|smooth|rippling|tranquil) water|a (lake|river)|a (stretch"
    "|sheet) of"
    " (calm |)water"
)
WATER_TAIL: Final = (
    "lies (below|in front|at the foot|in the foreground|before us)"
    "|spreads (out|wide|below)|ripples (softly|gently|quietly|)"
    "|(shimmers|glints) (softly|below|)|stretches into the distance"
)
WATER_MIRROR: Final = "mirrors the|reflects the"
ON_WATER: Final = (
    "on the (calm |still |quiet |wide |)(lake|water|river)|on the water|upon the waves"
)
BY_WATER: Final = (
    "by the (water|lake|river)|beside the (lake|water|river)|on the (shore|bank|waterfront)"
    "|near the (water|lake)|along the (shore|bank|river)|at the (waterside|lakeside|riverside)"
)

# --- weather, wind and camera ----------------------------------------------------------------

WEATHER: Final = {
    "rain": "(rain|light rain|heavy rain|fine rain|drizzle|the rain) (falls|falls softly"
    "|is falling)"
    "|it is (raining|drizzling)|rain (pours|comes) down|rain (streaks|fills) the (air|sky)",
    "snow": "(snow|the snow|heavy snow|light snow|soft snow|thick snow) (falls|is falling)"
    "|it is snowing"
    "|(snowflakes|flakes) (fall|float|whirl|dance|drift|are falling) (down|slowly|softly|gently|)",
    "petals": "petals (fall|drift|float|flutter|are falling|dance) (down|softly|slowly|gently|)"
    "|petals (swirl|whirl|dance) through the air|petals fill the air",
    "leaves": "leaves (fall|drift|flutter|are falling|float) (down|softly|slowly|gently|)"
    "|leaves (swirl|whirl|spin) through the air|leaves (come down|are coming down)",
}
WEATHER_BLOWN: Final = {
    "rain": "(rain|drizzle|fine rain|the rain) (slants|drives|blows|sweeps)",
    "snow": "(snow|the snow) (blows|drifts|slants|whirls)|snowflakes (blow|drift|slant|are blown)",
    "petals": "(petals|the petals) (drift|blow|float|fly|flutter|are carried|are blown)",
    "leaves": "(leaves|the leaves) (drift|blow|fly|flutter|whirl|are carried|are blown)",
}
"""What falls, with a verb that a direction follows."""
BLOWN: Final = "drifting|blowing|flying|driven|carried|swept"
BLOWN_TAIL: Final = "|||(on|in) the (wind|breeze)"
WEATHER_TAG: Final = {
    "rain": "rain|falling rain|rainfall|drizzle|(threads|streaks|lines) of rain|a shower of rain",
    "snow": "snowfall|falling snow|drifting snowflakes|(a flurry|flurries) of snow"
    "|falling snowflakes",
    "petals": "(falling|drifting|floating|fluttering|scattered|flying) petals|a (shower"
    "|drift) of petals",
    "leaves": "(falling|drifting|fluttering|windblown|flying) leaves|a shower of leaves",
}

WIND: Final = (
    "(the wind|a breeze|the breeze|a light wind|a gentle breeze|a soft wind) "
    "(blows|sweeps|is blowing|passes)"
)
WIND_TAG: Final = "(wind|a breeze|a breeze blowing|wind blowing)"

_VIEW = "the camera (slowly|gently|steadily|)"
CAMERA: Final = {
    "static": "the camera (is|stays|remains|holds) (still|fixed|static)",
    "pan left": f"{_VIEW} (pans|moves|slides|glides|travels|tracks) (to the|) left"
    "|the view (moves|shifts|slides|pans) to the left",
    "pan right": f"{_VIEW} (pans|moves|slides|glides|travels|tracks) (to the|) right"
    "|the view (moves|shifts|slides|pans) to the right",
    "tilt up": f"{_VIEW} (tilts|moves|looks|rises) (up|upward|upwards)"
    "|the view (tilts|lifts|rises|moves) up",
    "tilt down": f"{_VIEW} (tilts|moves|looks|sinks) (down|downward|downwards)"
    "|the view (tilts|drops|moves) down",
    "zoom in": f"{_VIEW} (zooms in|moves in|moves closer|pushes in|draws nearer|approaches"
    f"|advances)"
    "|the view (zooms in|moves closer|comes closer)",
    "zoom out": f"{_VIEW} (zooms out|moves back|pulls back|pulls out|draws back|retreats|withdraws)"
    "|the view (zooms out|widens|opens up)",
}
CAMERA_TAG: Final = {
    "static": "static (shot|camera)|a fixed (camera|view)|a still camera",
    "pan left": "(slow|camera|) pan (to the|) left|(the camera|) panning (to the|) left",
    "pan right": "(slow|camera|) pan (to the|) right|(the camera|) panning (to the|) right",
    "tilt up": "(slow|camera|) tilt (up|upward)|(the camera|) tilting (up|upward)",
    "tilt down": "(slow|camera|) tilt (down|downward)|(the camera|) tilting (down|downward)",
    "zoom in": "(slow|camera|) zoom in|(the camera|) zooming in|a slow push in",
    "zoom out": "(slow|camera|) zoom out|(the camera|) zooming out|a slow pull back",
}

# --- joints ------------------------------------------------------------------------------------

THERE: Final = "there <is|are>|there <is|are>|we see|here <is|are>"
OF: Final = "of|of|with|showing|depicting"
AND: Final = "and|and|and|with"
JOIN: Final = "as|while|and"
NEAR_WATER: Final = "and|by"
