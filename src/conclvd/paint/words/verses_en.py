"""English lines in the manner of Chinese poems, put together from what is in a picture.

Some render lines of Tang and Song poems. D stands for left or right, the way of what comes first.
"""

from __future__ import annotations

from typing import Final

from conclvd.paint.words.verse import Verse

_LINES: Final = (
    # --- on the water
    ("boat.goes boat.one water", "a lone skiff drifting D on the (wide|long|quiet) river"
     "|a leaf of a boat going D over the water"),
    ("boat.goes boat.one water hills", "a small boat going D past a thousand hills"
     "|a light skiff slipping D below the far hills"),
    ("boat.rests boat.one water !fisherman", "an old ferry boat lying idle by itself"
     "|a lone skiff at rest on the (still|quiet) water"),
    ("boat.rests boat.one water hills", "far hills, still water and one small skiff"),
    ("boat.rests fisherman boat.one water", "an old man fishing alone on the river"
     "|a leaf of a boat and one old fisherman|a fisherman alone between water and sky"),
    ("boat.rests fisherman boat.one water snowing", "an old man in a straw cloak, fishing alone"
     " in the cold river snow|a lone boat, a straw hat, a line in the river of snow"),
    ("boat.rests fisherman boat.one water raining", "a straw cloak in the misty rain, fishing"
     " from a lone skiff"),
    ("boat.rests fisherman boat.one water moon", "a river of moonlight and one old fisherman"),
    ("boat.goes fisherman boat.one water", "a fisherman in a straw hat drifting D on the river"),
    ("boat.rests reeds water", "a skiff moored among the reeds"),
    ("boat.rests willow water", "a skiff moored by the willow bank"),
    ("sailboat.goes sailboat.one water", "a lone sail going D on the wide water"
     "|one far sail drawing D under the sky"),
    ("sailboat.goes sailboat.one water hills", "a lone sail passing D before the far hills"),
    ("sailboat.goes sailboat.many water", "far sails going D over the wide water"),
    ("sailboat.rests water", "a sail at rest on the (wide|quiet) river"),
    ("bridge water", "a little bridge over flowing water|a bridge lying across the stream"),
    ("bridge water village", "a small bridge, flowing water, a few homes"),
    ("bridge willow", "a little bridge beside misty willows"),
    # --- mountains and water
    ("hills water", "mountains high and waters long|one river winding round a thousand hills"
     "|far hills and a long river"),
    ("hills mist_clouds", "peaks half lost in cloud|clouds rising round the far hills"
     "|hills half there and half gone"),
    ("hills raining", "hills pale in the misty rain|mountains veiled in rain"),
    ("hills snowing", "snow falling on a thousand hills|snow over the silent mountains"),
    ("hills snow !snowing", "a thousand hills under snow|deep snow on the silent mountains"),
    ("hills green", "green mountains, fold upon fold|blue hills beyond green hills"),
    ("hills spring", "spring hills as if smiling"),
    ("hills autumn", "autumn hills, bright and clean"),
    ("hills snow", "winter hills as if asleep"),
    ("hills.steep", "cliffs a thousand fathoms high|sheer peaks reaching for heaven"),
    ("hills.karst", "peaks like pins of jade|peaks standing like columns of jade"),
    ("hills.ridge", "ridge after ridge without end|long ridges winding away"),
    ("hills.round", "far hills like painted eyebrows"),
    ("waterfall", "a torrent plunging three thousand feet|falling water like a white ribbon"
     "|a silver river falling from heaven"),
    ("waterfall hills", "a white torrent hung before the hills"),
    ("waterfall pine.many", "falling water and wind in the pines"),
    ("waterfall mist_clouds", "a torrent falling out of the clouds"),
    ("waterfall rocks", "a clear spring running over the stones"),
    ("water mist", "a river of mist and waves|mist over the long river"),
    ("water cold", "a cold river, still and white"),
    ("water spring", "the spring river, green as jade"),
    ("water autumn", "autumn waters of one colour with the sky"),
    ("mist_clouds", "a sea of cloud|white clouds, idle and free"),
    # --- buildings
    ("pagoda hills", "an old pagoda before the hills|a lonely pagoda on the mountain"),
    ("pagoda mist_clouds", "an old pagoda among the clouds"),
    ("pagoda water", "a pagoda standing over the water"),
    ("pagoda raining", "an old temple tower in the misty rain"),
    ("pavilion water", "a quiet pavilion by the river"),
    ("pavilion hills", "a pavilion leaning on the far hills|a pavilion facing the mountains"),
    ("pavilion mist_clouds", "towers and terraces in the clouds"),
    ("hut hills", "a hermit hut below the mountain|a brushwood gate facing the far hills"),
    ("hut water", "a brushwood gate open to the water"),
    ("hut snowing", "a brushwood gate in wind and snow"),
    ("hut bamboo", "a hermit hut deep in the bamboo"),
    ("hut pine.many", "a thatched hut under the pines"),
    ("hut mist_clouds", "someone at home where the white clouds are born"),
    ("cottage.one water", "a home beside the water"),
    ("cottage.one hills", "a home at the foot of the hills"),
    ("cottage.thatched", "thatched eaves, low and small"),
    ("cottage.one mist_clouds", "a home where the white clouds are born"),
    ("village hills", "a few homes before the hills|a lonely village under the hills"),
    ("village water", "a lonely village with water round it"),
    ("village mist_clouds", "homes where the white clouds are born"),
    ("village raining", "a lonely village in the misty rain"),
    ("village snowing", "a lonely village in wind and snow"),
    # --- birds
    ("geese.goes geese.many", "wild geese flying D in a line|homing geese flying D"
     "|a skein of wild geese heading D"),
    ("geese.goes geese.many hills", "wild geese passing D before the far hills"),
    ("geese.goes geese.many autumn", "autumn geese flying D down the long sky"),
    ("geese.goes geese.one", "a lone goose flying D"),
    ("geese.rests", "wild geese written on the sky"),
    ("cranes.goes cranes.many", "white cranes flying D|cranes winging D into the blue"),
    ("cranes.goes cranes.one", "a lone crane flying D"),
    ("cranes.goes cranes.many mist_clouds", "cranes flying D through idle clouds"),
    # --- plants and stones
    ("pine.one hills", "an old pine facing the far hills"),
    ("pine.many moon", "bright moonlight among the pines"),
    ("pine.many cold", "green pines bent under snow"),
    ("pine.many rocks", "strange pines and strange stones"),
    ("pine.many", "old pines and the sound of wind"),
    ("pine.one", "an ancient pine, gnarled and tall|a lone pine, old and crooked"),
    ("willow water", "willow branches brushing the water"),
    ("willow spring", "willows in the spring wind"),
    ("willow raining", "weeping willows in misty rain"),
    ("bamboo", "slender bamboo in the wind|a few canes of tall bamboo"),
    ("bamboo moon", "moonlight moving the bamboo shadows"),
    ("blossom.red", "one branch of red plum|red plum blossoms, few and bright"),
    ("blossom.red cold", "red plum against the snow"),
    ("blossom.pink", "one spray of peach blossom"),
    ("blossom.pink water", "peach blossom over flowing water"),
    ("blossom.white", "one white spray of pear blossom"),
    ("leaves.red", "frosted leaves redder than the spring"),
    ("tree.red tree.many", "maples burning with frost"),
    ("tree.golden tree.one", "yellow leaves filling the tree"),
    ("tree.pink tree.one", "a tree of peach blossom"),
    ("tree.white", "pear blossom on ten thousand boughs"),
    ("tree.many hills", "old trees before the deep hills"),
    ("bare_tree.many", "a cold wood, sparse and silent"),
    ("bare_tree.one", "withered boughs of an old tree"),
    ("bare_tree.many hills", "a wintry wood and far hills"),
    ("reeds water", "reeds along the river bank"),
    ("reeds", "reeds sighing in the wind"),
    ("rocks", "strange stones, craggy and worn"),
    ("lotus", "lotus leaves reaching to the sky"),
    ("lotus.pink", "lotus flowers bright above the water"),
    ("path hills", "a stone path winding up the cold hills"),
    ("path", "a winding path to a hidden place"),
    ("meadow", "fragrant grasses to the edge of the sky"),
    # --- sky and weather
    ("sun.set hills", "the sun sinking behind the hills"),
    ("sun.set water", "a round sun setting over the long river"),
    ("sun dusk water", "a late sun spreading over the river, half of it red"),
    ("sun.rise", "a new sun rising"),
    ("sun.red hills", "a red sun above the hills"),
    ("moon", "a bright moon alone in the sky"),
    ("moon.rise hills", "a bright moon rising from the mountains"),
    ("moon water", "a bright moon over the cold river|moonlight on the wide river"),
    ("moon hills", "moonlight on a thousand hills"),
    ("moon mist_clouds", "a bright moon in a sea of cloud"),
    ("moon.crescent", "a moon like a hook"),
    ("raining", "misty rain, fine as silk"),
    ("raining water", "misty rain over the river"),
    ("snowing", "great snow whirling down"),
    ("snowing water", "snow falling on the cold river"),
    ("petalfall", "fallen petals scattered on the wind"),
    ("petalfall water", "fallen petals and flowing water"),
    ("leaf_fall", "leaves without end rustling down"),
    ("leaf_fall water", "leaves falling on the long river"),
)  # fmt: skip
VERSES: Final = tuple(Verse(needs, text) for needs, text in _LINES)
