"""The English words for the elements of a picture: names, numbers, what they do and where.

In the notation of `templates`; tables are keyed by the kind or by "kind/detail".
"""

from __future__ import annotations

from typing import Final

ONE: Final = "a|a|a|a|one|a single|a lone|a solitary"
THE: Final = "a|the|the"  # sun and moon
NUMBER: Final = {
    2: "two|two|two|a pair of|a couple of|some",
    3: "three|three|three|several|a few|some",
    4: "four|four|several|some|a few|a group of",
    5: "five|five|several|some|a group of|a number of",
    6: "six|six|several|some|a group of|a number of",
    7: "many|several|a number of|numerous|a group of|lots of|some",
}
"""Determiners; 7 holds for seven and more."""
FLOCK: Final = "a flock of|a flock of|a flight of|a group of|a line of"

COUNTED: Final = {
    "sun": "(round|bright|) sun|sun( disc|)",
    "sun/red": "(red|crimson|scarlet|vermilion|round red|deep red) sun|red (sun disc"
    "|disc of the sun)",
    "sun/golden": "(golden|yellow|bright golden|gold) sun|golden (sun disc|disc of the sun)",
    "sun/pale": "(pale|white|faint|veiled|dim|weak) sun|pale (sun disc|disc of the sun)",
    "moon": "(bright|silver|pale|) moon",
    "moon/full": "(full|round|bright round|silver full|pale full) moon|full moon",
    "moon/crescent": "(crescent|slender|sickle|curved|thin crescent) moon|crescent of the moon",
    "boat": "(small|little|wooden|simple|narrow|light|) (boat<|s>|boat<|s>|skiff<|s>|rowboat<|s>"
    "|canoe<|s>)"
    "|(rowing|fishing) boat<|s>",
    "boat/roofed": "(covered|roofed|canopied) boat<|s>|boat<|s> with (a roof|a cabin|an awning"
    "|a canopy)"
    "|(small|little) (covered|roofed) boat<|s>|sampan<|s>|awning boat<|s>",
    "boat/fisherman": "(small|little|) (boat|fishing boat|skiff|sampan)<|s> with (a fisherman"
    "|a boatman|an old fisherman|an old man in a (wide|straw) hat)"
    "|boat<|s> with (a rower|a figure|a man|an angler) (on board|aboard|standing)",
    "sailboat": "(sailboat|sailing boat|junk|sailing ship)<|s>|(boat|ship|junk)<|s> (with a sail"
    "|under sail)"
    "|(small|) sailboat<|s>",
    "sailboat/white": "white sail<|s>|sailboat<|s> with (a white sail|white canvas)"
    "|white-sailed (boat|junk)<|s>",
    "sailboat/brown": "brown sail<|s>|sailboat<|s> with (a brown sail|brown canvas)"
    "|brown-sailed (boat|junk)<|s>",
    "fisherman": "<fisherman|fishermen>|old <fisherman|fishermen> in (a straw hat|a straw cloak"
    "|a wide hat)|<angler|anglers>|(old|lone|) <fisherman"
    "|fishermen>"
    "|<figure|figures> with a fishing (rod|pole)",
    "cottage": "(small|little|quiet|simple|country|) (cottage|house|farmhouse|home|cabin)<|s>",
    "cottage/thatched": "thatched (cottage|house|farmhouse)<|s>|(cottage|house)<"
    "|s> with a thatched roof",
    "cottage/white": "(white|whitewashed|white-walled) (cottage|house|farmhouse)<|s>"
    "|(cottage|house)<|s> with white walls",
    "hut": "(small|little|humble|lonely|straw|wooden|thatched|) (hut|cabin)<|s>|hermit hut<|s>"
    "|thatched hut<|s>|brushwood hut<|s>|scholar hut<|s>",
    "pavilion": "(small|open|elegant|quiet|wooden|) pavilion<|s>|pavilion<|s>|gazebo<|s>"
    "|(storied|tile-roofed) pavilion<|s>",
    "pagoda": "(tall|tiered|slender|old|ancient|high|many-storied|stone|temple|) pagoda<|s>"
    "|pagoda tower<|s>|pagoda<|s>",
    "bridge": "(small|old|stone|little|narrow|) (bridge|footbridge)<|s>|bridge<|s>",
    "bridge/arched": "(arched|arching|curved|stone arch|humpbacked) bridge<|s>"
    "|arched stone bridge<|s>",
    "bridge/wooden": "(wooden|plank|timber) (bridge|footbridge)<|s>",
    "waterfall": "(white|silver|) (waterfall|cascade)<|s>|waterfall<|s>|(cataract|torrent)<|s>",
    "waterfall/tall": "(tall|high|long|towering) (waterfall|cascade)<|s>|ribbon<"
    "|s> of falling water",
    "waterfall/tiered": "(tiered|stepped|two-tiered|broken) (waterfall|cascade)<|s>"
    "|waterfall<|s> in (steps|tiers)",
    "geese": "(wild |wild |)(<goose|geese>)|migrating <goose|geese>|homing <goose|geese>"
    "|flying bird<|s>"
    "|<goose|geese> bound for home",
    "cranes": "(white |red-crowned |elegant |graceful |)crane<|s>|white crane<|s>|white bird<|s>",
    "pine": "(old|gnarled|twisted|crooked|tall|green|ancient|evergreen|) pine( tree|)<|s>"
    "|pine( tree|)<|s>",
    "pine/snowy": "(snowy|snow-covered|snow-laden|white) pine( tree|)<|s>",
    "willow": "(weeping|drooping|slender|graceful|green|old|) willow( tree|)<|s>|weeping willow<"
    "|s>",
    "tree": "(leafy|broad|old|spreading|) tree<|s>",
    "tree/green": "(green|leafy|leafy green|lush|fresh green) tree<|s>|tree<|s> in full leaf",
    "tree/red": "(red|crimson|red-leaved|scarlet|fiery) (tree|maple)<|s>|(maple|red maple)<|s>"
    "|(red maple|maple) tree<|s>",
    "tree/golden": "(golden|yellow|golden-leaved|gold) (tree|ginkgo)<|s>|ginkgo( tree|)<|s>",
    "tree/pink": "(pink|pink blossoming|pink flowering) tree<|s>|(cherry|peach) tree<"
    "|s> in (bloom|flower)"
    "|(blossoming|flowering|blooming) (cherry|peach) tree<|s>|(blossoming|flowering) tree<|s>",
    "tree/white": "(white blossoming|white flowering) tree<|s>|(pear|plum) tree<|s> in (bloom"
    "|flower)"
    "|(blossoming|flowering|blooming) (pear|plum) tree<|s>",
    "bare_tree": "(bare|leafless|naked|withered|gaunt|dry|old bare) tree<|s>|bare tree<|s>"
    "|tree<|s> (with bare branches|without leaves)",
    "bare_tree/snowy": "(snow-covered|snowy|snow-laden) bare tree<|s>|bare tree<|s> (in|under) snow"
    "|bare (snow-covered|snowy) tree<|s>",
    "path": "(winding|narrow|small|quiet|lonely|) (path|footpath|trail|track)<|s>",
    "path/winding": "(winding|twisting|curving|meandering) (path|footpath|trail|road)<|s>",
}
"""Countable things: noun phrases without a determiner."""

LIGHT: Final = {
    "sun dawn": "morning sun|red morning sun|early sun|sun of daybreak",
    "sun dusk": "evening sun|late sun|sun of evening|low evening sun",
    "moon night": "bright moon of night|clear moon|cold moon|night moon",
}
"""Sun and moon by the time of day."""

MASS_ONE: Final = {
    "village": "a (small|quiet|little|sleepy|peaceful|remote|) (village|hamlet|settlement)"
    "|a (cluster|row|group) of (houses|cottages|roofs)|a village",
    "bamboo": "(tall|green|slender|fresh|dense|) bamboo|a (grove|stand|thicket|clump) of bamboo"
    "|bamboo",
    "blossom": "a (blossoming|flowering|blooming) (branch|bough|twig)|a branch (in bloom|in flower)"
    "|a (plum|cherry|peach) branch in (bloom|flower)",
    "blossom/pink": "a (pink|pale pink|rosy) (blossoming|flowering) branch"
    "|a branch of pink (blossom|flowers)"
    "|a (peach|cherry) branch in (bloom|flower)|pink (cherry|peach) blossom",
    "blossom/white": "a white (blossoming|flowering) branch|a branch of white (blossom|flowers)"
    "|a (pear|plum) branch in (bloom|flower)|white (pear|plum) blossom",
    "blossom/red": "a (red|crimson) (blossoming|flowering) branch|a branch of red (blossom|flowers)"
    "|a red plum branch|red plum blossom",
    "leaves": "a (leafy|hanging leafy) (branch|bough)|a branch (with leaves|in leaf)",
    "leaves/green": "a (leafy green|green leafy) (branch|bough)|a branch (with|of) green leaves",
    "leaves/red": "a (maple|red maple) (branch|bough)|a branch (with|of) (red|crimson"
    "|scarlet) leaves",
    "leaves/golden": "a branch (with|of) (golden|yellow|amber) leaves|a golden leafy (branch"
    "|bough)",
    "reeds": "a (bed|clump|patch|fringe) of (tall |)reeds|tall reed grass",
    "reeds/golden": "a (bed|clump|patch|fringe) of (golden|yellow) reeds|golden reed grass",
    "rocks": "a rocky (bank|shore|outcrop|foreground)|a (pile|group|heap) of (rocks|boulders)",
    "rocks/mossy": "a mossy (outcrop|rock)|a (pile|group) of mossy (rocks|boulders)",
    "lotus": "a (lotus pond|pond of lotus)|lotus|a bed of lotus leaves",
    "lotus/pink": "pink lotus|a pond of pink lotus|lotus in pink (bloom|flower)",
    "lotus/white": "white lotus|a pond of white lotus|lotus in white (bloom|flower)",
    "meadow": "a (wide|open|quiet|) (meadow|field|grassland)|(soft|tall|) grass|a grassy (bank"
    "|slope|field)",
    "meadow/green": "a (green|lush|fresh green) (meadow|field|grassland)|(lush|fresh|) green grass",
    "meadow/golden": "a (golden|yellow|dry) (meadow|field|grassland)|(golden|yellow) grass",
    "meadow/flowering": "a (flowering|flowery) (meadow|field)|a meadow (of|full of"
    "|with) (wildflowers|flowers)",
    "mist_clouds": "(thin|white|drifting|low|soft|pale|) (mist|fog)|a (band|veil|ribbon|sea) of"
    " (mist|cloud|fog)|low cloud",
}
"""Things that are not counted, taking a verb in the singular; with their determiner."""

MASS_MANY: Final = {
    "village": "(village|) (houses|rooftops)|(small|little|scattered|clustered) (houses|dwellings)"
    "|village (houses|roofs)",
    "bamboo": "(tall|green|slender|bending|) bamboo (stalks|stems|canes|shoots)|green bamboos",
    "blossom": "(plum|cherry|peach|delicate|fresh) blossoms|blossoms on a (branch|bough)"
    "|branches in bloom",
    "blossom/pink": "(pink|pale pink|pink peach|pink cherry) blossoms|branches of pink blossom",
    "blossom/white": "(white|white pear|white plum) blossoms|branches of white blossom",
    "blossom/red": "(red|red plum|crimson) blossoms|branches of red blossom",
    "leaves": "(leafy|hanging leafy) branches|leaves on a branch",
    "leaves/green": "(leafy green|green leafy) branches|green leaves on a branch",
    "leaves/red": "(red|crimson|scarlet|red maple|maple) leaves on a branch|maple branches",
    "leaves/golden": "(golden|yellow|amber) leaves on a branch|golden (branches|boughs)",
    "reeds": "(tall|slender|thin|wild|) (reeds|rushes)|reeds",
    "reeds/golden": "(golden|yellow|dry) (reeds|rushes)",
    "rocks": "(dark|weathered|rough|jagged|big|scattered|) (rocks|boulders|stones)",
    "rocks/mossy": "(mossy|moss-covered) (rocks|boulders|stones)",
    "lotus": "(green|round|broad|wide|) lotus (leaves|pads)|lotuses|lotus plants",
    "lotus/pink": "pink (lotuses|lotus flowers|lotus blooms)|lotus flowers in pink",
    "lotus/white": "white (lotuses|lotus flowers|lotus blooms)|lotus flowers in white",
    "meadow": "(wide|open|quiet) (meadows|fields|grasslands)|grassy (banks|fields)",
    "meadow/green": "(green|lush|fresh green) (meadows|fields|grasslands)",
    "meadow/golden": "(golden|yellow|dry) (meadows|fields|grasslands)|golden grasses",
    "meadow/flowering": "(flowering|flowery) (meadows|fields)|wildflowers in the grass",
    "mist_clouds": "(white|low|soft|thin|drifting|pale|light|) clouds|(wisps|bands|veils|wreaths"
    "|swirls) of mist",
}
"""The same in the plural."""

_SLOWLY = "(slowly |gently |quietly |softly |)"
MOVE_VERB: Final = {
    "boat": f"(drift<s||ing>|drift<s||ing>|glid<es|e|ing>|float<s||ing>|slip<s||ping>|mov<es|e"
    f"|ing>) {_SLOWLY}",
    "sailboat": f"(sail<s||ing>|sail<s||ing>|drift<s||ing>|glid<es|e|ing>|mov<es|e|ing>) {_SLOWLY}",
    "fisherman": f"(drift<s||ing>|float<s||ing>|glid<es|e|ing>|row<s||ing>) {_SLOWLY}",
    "geese": "(fl<ies|y|ying>|fl<ies|y|ying>|head<s||ing>|wing<s||ing>|glid<es|e|ing>|pass<es"
    "||ing>|soar<s||ing>) ",
    "cranes": "(fl<ies|y|ying>|fl<ies|y|ying>|soar<s||ing>|glid<es|e|ing>|wing<s||ing>|cross<es"
    "||ing> the sky) ",
    "mist_clouds": f"(drift<s||ing>|float<s||ing>|roll<s||ing>|flow<s||ing>|mov<es|e"
    f"|ing>) {_SLOWLY}",
}
"""Verbs that a direction follows."""

SWAY: Final = (
    "(sway<s||ing>|sway<s||ing>|wav<es|e|ing>|bend<s||ing>|stir<s||ring>|trembl<es|e|ing>|swing<s"
    "||ing>"
    "|rock<s||ing>) ((in|with) the (wind|breeze)|in a (light|soft|gentle) (wind|breeze)|gently"
    "|softly)"
)
_RISE = (
    "(slowly |)ris<es|e|ing>|ris<es|e|ing> (slowly|gently|steadily|higher)|(slowly |)climb<s"
    "||ing> (higher|up|upward)"
    "|com<es|e|ing> up (slowly|)|ascend<s||ing>|go<es||ing> up"
)
_SET = (
    "(slowly |)set<s||ting>|(slowly |)sink<s||ing>( down| lower|)|go<es||ing> down (slowly|)"
    "|descend<s||ing> (slowly|)|dip<s||ping> (lower|down)|drop<s||ping> lower"
)
MOTION_VERB: Final = {
    "sun rise": _RISE,
    "sun set": _SET,
    "sun still": "hang<s||ing> (motionless|still)|stay<s||ing> still",
    "moon rise": _RISE,
    "moon set": _SET,
    "moon still": "hang<s||ing> (motionless|still)|stay<s||ing> still",
    "boat still": "rest<s||ing> (quietly|still|)|<lies|lie|lying> (still|at anchor|moored)|stay<s"
    "||ing> still"
    "|<is|are|> (moored|anchored|at rest)|wait<s||ing> (quietly|motionless)",
    "sailboat still": "rest<s||ing> (quietly|still|)|<lies|lie|lying> (still|at anchor|moored)"
    "|stay<s||ing> still|wait<s||ing> (quietly|motionless)",
    "fisherman still": "sit<s||ting> (quietly|still|fishing)|wait<s||ing> (quietly|patiently"
    "|motionless)",
    "geese still": "hang<s||ing> in the air|hover<s||ing>",
    "cranes still": "stand<s||ing> (quietly|still|)|rest<s||ing>",
    "mist_clouds still": "hang<s||ing> (still|low|motionless)|linger<s||ing>|rest<s||ing>",
}
FALL: Final = (
    "(pour<s||ing>|tumbl<es|e|ing>|plung<es|e|ing>|cascad<es|e|ing>|rush<es||ing>|fall<s||ing>"
    "|stream<s||ing>)"
)
PLANT_STILL: Final = "stand<s||ing> (still|motionless|quietly)"

STAND_VERB: Final = {
    "sun": "hang<s||ing>|shin<es|e|ing>|glow<s||ing>",
    "moon": "hang<s||ing>|shin<es|e|ing>|glow<s||ing>|gleam<s||ing>",
    "fisherman": "fish<es||ing>|<is fishing|are fishing|fishing>|cast<s||ing> a line",
    "village": "<lies|lie|lying>|nestl<es|e|ing>|sit<s||ting>|sleep<s||ing>|gather<s||ing>",
    "cottage": "stand<s||ing>|nestl<es|e|ing>|sit<s||ting>",
    "hut": "stand<s||ing>|nestl<es|e|ing>|sit<s||ting>",
    "pavilion": "stand<s||ing>|perch<es||ing>|sit<s||ting>",
    "pagoda": "stand<s||ing>|ris<es|e|ing>|tower<s||ing>|overlook<s||ing> the scene",
    "bridge": "span<s||ning> the scene|stand<s||ing>|arch<es||ing>",
    "pine": "stand<s||ing>|lean<s||ing>|grow<s||ing>|ris<es|e|ing>",
    "willow": "stand<s||ing>|lean<s||ing>|droop<s||ing>|grow<s||ing>",
    "bamboo": "grow<s||ing>|stand<s||ing>|ris<es|e|ing>",
    "blossom": "reach<es||ing> into the picture|hang<s||ing>|stretch<es||ing> in|hang<s||ing> down",
    "leaves": "reach<es||ing> into the picture|hang<s||ing>|stretch<es||ing> in|hang<s||ing> down",
    "bare_tree": "stand<s||ing>|grow<s||ing>|lean<s||ing>",
    "tree": "stand<s||ing>|grow<s||ing>|spread<s||ing>",
    "reeds": "grow<s||ing>|stand<s||ing>|ris<es|e|ing>",
    "rocks": "<lies|lie|lying>|stand<s||ing>|jut<s||ting> out",
    "lotus": "spread<s||ing>|float<s||ing>|grow<s||ing>",
    "path": "wind<s||ing> (along|away|uphill|)|lead<s||ing> (away|into the distance)|climb<s||ing>",
    "meadow": "spread<s||ing>|stretch<es||ing>|<lies|lie|lying>",
    "mist_clouds": "linger<s||ing>|hover<s||ing>|gather<s||ing>|<lies|lie|lying>",
    "waterfall": "plung<es|e|ing> down|pour<s||ing> down",
}
"""What a thing does when no motion is told."""

PLACE: Final = {
    "sky": "in the sky|(high |)in the sky|overhead|up in the sky",
    "above": "(above|over) the",
    "across": "across the sky|through the (air|sky)|overhead|high above|in the sky",
    "over water": "over the (water|lake|river)|low over the (water|lake)",
    "foot": "(below|beneath|under|at the foot of) the",
    "between": "(between|around|among|amid|across) the",
    "pond": "on the (pond|water|lake)|in the (pond|water)",
    "cliff": "down the (cliff|mountainside|gorge|slope)|from (the heights|above|high above)|down",
}
