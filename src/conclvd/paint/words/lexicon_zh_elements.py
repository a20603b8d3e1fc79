"""The Chinese words for the elements of a picture: names, measures, what they do and where.

In the notation of `templates`; N stands for the number, D for a direction. Tables are keyed by the
kind or by "kind/detail".
"""

from __future__ import annotations

from typing import Final

NUMBER: Final = {
    1: "一",
    2: "两",
    3: "三|三|几|数",
    4: "四|四|几|数",
    5: "五|五|几|数|好几",
    6: "六|六|几|好几|数",
    7: "许多|好多|好些|无数|众多",
}
"""Numbers before a measure word; 7 holds for seven and more."""

MEASURED: Final = {
    "boat": "N(只|条|艘)(小船|木船|小舟|船|渔船)|N叶(扁舟|轻舟|小舟)",
    "boat/roofed": "N(只|条|艘)(乌篷船|篷船|带篷小船|有篷的船)",
    "boat/fisherman": "N(只|条|叶)载着(渔翁|渔人|船夫)的(小船|小舟)|N(只|条)有人撑(篙|桨)的小船",
    "sailboat": "N(只|艘|片)(帆船|风帆|帆)|N艘(帆船|张帆的船)",
    "sailboat/white": "N(只|艘)白帆船|N(片|叶)白帆",
    "sailboat/brown": "N(只|艘)(褐帆|棕帆)船|N(片|叶)褐色(的帆|风帆)",
    "fisherman": "N(位|个|名)(渔翁|渔夫|渔人|垂钓者|钓者|老渔翁)",
    "cottage": "N(间|座|处)(小屋|房屋|农舍|民居|屋舍|人家)",
    "cottage/thatched": "N(间|座)(茅屋|茅舍|草屋|草堂)",
    "cottage/white": "N(间|座)(白墙小屋|粉墙黛瓦的房屋|白屋|白墙人家)",
    "hut": "N(间|座)(小棚|草庐|棚屋|草棚|窝棚|小庐)",
    "pavilion": "N座(亭子|小亭|凉亭|亭台|古亭|楼亭)|N(座|个)亭子",
    "pagoda": "N座(宝塔|高塔|古塔|佛塔|塔|楼塔)",
    "bridge": "N(座|道)(小桥|石桥|桥|古桥)",
    "bridge/arched": "N(座|道)(拱桥|石拱桥|弯弯的拱桥)",
    "bridge/wooden": "N(座|道)(木桥|板桥|小木桥)",
    "waterfall": "N(道|条|挂)(瀑布|飞瀑|飞泉|悬泉)",
    "waterfall/tall": "N(道|条)(高高的|长长的|高悬的)瀑布|N道(高瀑|长瀑)",
    "waterfall/tiered": "N(道|条)(叠瀑|多级瀑布|层叠的瀑布)|N道叠泉",
    "geese": "N只(大雁|鸿雁|飞雁|雁)",
    "cranes": "N只(白鹤|仙鹤|鹤|丹顶鹤)",
    "pine": "N(棵|株)(松树|老松|苍松|青松|古松|劲松)",
    "pine/snowy": "N(棵|株)(雪松|覆雪的松树|积雪的松树|披雪的老松)",
    "willow": "N(棵|株)(柳树|垂柳|杨柳|老柳|绿柳)",
    "tree": "N(棵|株)(树|大树|老树|树木)",
    "tree/green": "N(棵|株)(绿树|青树|枝叶繁茂的树|葱郁的树)",
    "tree/red": "N(棵|株)(红枫|枫树|红叶树|红树)",
    "tree/golden": "N(棵|株)(银杏|黄叶树|金黄的树|金叶树)",
    "tree/pink": "N(棵|株)(桃树|粉色花树|开花的桃树|樱花树|樱树)",
    "tree/white": "N(棵|株)(梨树|白色花树|开花的梨树|李树)",
    "bare_tree": "N(棵|株)(枯树|秃树|光秃的树|寒树|落尽叶子的树)",
    "bare_tree/snowy": "N(棵|株)(积雪的枯树|覆雪的秃树|挂雪的枯树)",
    "path": "N条(小路|小径|山路|石径|幽径)",
    "path/winding": "N条(蜿蜒|弯曲|曲折)的(小路|小径|山路)",
}
"""With a number and a measure word."""

_BOAT = "小船|小舟|扁舟|轻舟|木船|渔船|渔舟"
NAME: Final = {
    "sun": "太阳|日轮|一轮太阳|日头",
    "sun/red": "红日|一轮红日|红红的太阳|朱红的太阳|赤日|火红的太阳",
    "sun/golden": "金日|一轮金日|金色的太阳|金灿灿的太阳",
    "sun/pale": "白日|淡日|苍白的太阳|一轮淡日|淡淡的太阳",
    "moon": "月亮|明月|一轮明月|月|皎月",
    "moon/full": "圆月|满月|一轮圆月|一轮满月|玉盘般的月亮",
    "moon/crescent": "弯月|新月|一弯新月|月牙|一钩残月|一钩弯月",
    "boat": _BOAT,
    "boat/roofed": "乌篷船|篷船|带篷的小船",
    "boat/fisherman": "载着渔翁的小船|渔人的小船|有人划的小船|渔舟",
    "sailboat": "帆船|风帆|帆影|张帆的船",
    "sailboat/white": "白帆|白帆船",
    "sailboat/brown": "褐帆|棕帆船",
    "fisherman": "渔翁|渔夫|渔人|钓叟|垂钓者",
    "village": "村庄|小村|村落|乡村|山村|人家|几户人家|一座小村|村舍|一片屋舍|一个村庄",
    "cottage": "小屋|农舍|屋舍|民居|房屋",
    "cottage/thatched": "茅屋|茅舍|草堂|草屋",
    "cottage/white": "白墙小屋|白墙黛瓦|粉墙黛瓦|白屋",
    "hut": "草庐|棚屋|草棚|小棚",
    "pavilion": "亭子|小亭|凉亭|亭台|古亭",
    "pagoda": "宝塔|古塔|高塔|塔影|佛塔",
    "bridge": "小桥|石桥|古桥|桥",
    "bridge/arched": "拱桥|石拱桥",
    "bridge/wooden": "木桥|板桥",
    "waterfall": "瀑布|飞瀑|飞泉|白练般的瀑布",
    "waterfall/tall": "高瀑|高悬的瀑布|长瀑",
    "waterfall/tiered": "叠瀑|层叠的瀑布|叠泉",
    "geese": "大雁|鸿雁|飞雁|雁",
    "cranes": "白鹤|仙鹤|丹顶鹤|鹤",
    "pine": "松树|苍松|老松|青松|松|劲松",
    "pine/snowy": "雪松|覆雪的松树|雪压青松",
    "willow": "柳树|垂柳|杨柳|柳丝|柳条",
    "bamboo": "竹子|翠竹|修竹|竹林|一丛竹子|青竹|竹影|绿竹|几竿竹|幽篁",
    "blossom": "花枝|一枝花|繁花满枝|盛开的花枝|花朵|枝头繁花|一树繁花",
    "blossom/pink": "粉色花枝|桃花|一枝桃花|樱花|盛开的桃花|粉红的花枝",
    "blossom/white": "白色花枝|梨花|一枝梨花|雪白的花枝|盛开的梨花|白梅",
    "blossom/red": "红色花枝|红梅|一枝红梅|盛开的红梅|嫣红的花枝|梅花",
    "leaves": "树枝|枝叶|带叶的枝条|一枝树叶",
    "leaves/green": "绿叶枝条|绿叶|一枝绿叶|嫩绿的枝叶",
    "leaves/red": "红叶|一枝红叶|枫叶|红枫枝|霜叶",
    "leaves/golden": "黄叶枝条|金黄的枝叶|一枝黄叶|金叶",
    "bare_tree": "枯树|寒树|秃树|枯枝|光秃的树",
    "bare_tree/snowy": "积雪的枯树|雪枝|挂雪的枯树",
    "tree": "树|大树|老树|树木",
    "tree/green": "绿树|青树|葱郁的树",
    "tree/red": "红枫|枫树|红叶树",
    "tree/golden": "银杏|金黄的树|黄叶树",
    "tree/pink": "桃树|樱花树|粉色花树|桃花树",
    "tree/white": "梨树|梨花树|白色花树",
    "reeds": "芦苇|一丛芦苇|苇草|蒲苇|芦荻|一片芦苇",
    "reeds/golden": "金黄的芦苇|枯黄的芦苇|一丛黄芦",
    "rocks": "岩石|石头|乱石|怪石|山石|几块石头|礁石",
    "rocks/mossy": "青苔石|长满青苔的石头|苔石",
    "lotus": "荷叶|莲叶|荷塘|田田荷叶|莲",
    "lotus/pink": "荷花|粉荷|红莲|粉色荷花|出水芙蓉|盛开的荷花",
    "lotus/white": "白莲|白荷|白色荷花|盛开的白莲",
    "path": "小路|小径|山路|石径",
    "path/winding": "蜿蜒的小路|弯弯的小径|曲径|羊肠小道",
    "meadow": "草地|草甸|一片草地|草坡|芳草|原野|田野",
    "meadow/green": "青草地|绿草地|绿草如茵|碧草|青青草坡",
    "meadow/golden": "金黄的草地|枯黄的草地|黄草坡",
    "meadow/flowering": "开满野花的草地|野花草坡|花草地",
    "mist_clouds": "云雾|薄雾|雾气|云海|云烟|烟霭|白云|轻烟|雾|云",
}
"""Without a number."""
FLOCK: Final = {
    "geese": "一行(大雁|鸿雁|飞雁)|一群(大雁|鸿雁)|雁阵|雁群|一队大雁|人字雁阵",
    "cranes": "一群(白鹤|仙鹤|鹤)|鹤群|群鹤|一行白鹤",
}

_SLOW = "(缓缓|悠悠|徐徐|慢慢|静静|轻轻|)"
MOVE: Final = {
    "boat": f"{_SLOW}D(漂去|漂行|漂移|荡去|滑行|划去|行去|漂流|驶去)",
    "sailboat": f"{_SLOW}D(驶去|航行|驶过|漂去|行驶|行去)",
    "fisherman": f"{_SLOW}D(划去|漂去|行舟|漂行)",
    "geese": "D(飞去|飞过|飞翔|飞行|翱翔|掠过)",
    "cranes": "D(飞去|飞过|飞翔|飞舞|翱翔|翩翩飞去|振翅飞去)",
    "mist_clouds": f"{_SLOW}D(飘去|流动|飘移|涌去|浮动|飘荡)",
}
"""Where it goes; D is the direction."""
_RISE = "(冉冉|缓缓|徐徐|慢慢|)(升起|上升|升空|东升)|初升|渐渐升高"
_SET = "(冉冉|缓缓|徐徐|慢慢|)(落下|下沉|西沉|下落|沉落)|西坠|渐渐沉下"
SWAY: Final = {
    "plant": "(随风|迎风|临风|)(摇曳|摇摆|轻摇|摇动|摆动)|在(风|微风)中(摇曳|轻摆|晃动|颤动)"
    "|轻轻(摇曳|摇摆|晃动)",
    "willow": "随风(轻拂|飘拂|飘舞|摇曳)|轻拂|依依摇曳|袅袅摇动",
    "bamboo": "随风(摇曳|摇动|起伏)|婆娑|婆娑摇曳|摇曳生姿|沙沙摇动",
    "reeds": "随风(起伏|摇荡|摇曳)|摇荡|瑟瑟摇摆",
    "lotus": "随风(轻摇|摇曳)|轻轻摇曳|亭亭摇曳",
    "meadow": "随风(起伏|摇曳|翻浪)|在风中起伏",
}
MOTION: Final = {
    "sun rise": _RISE,
    "sun set": _SET,
    "sun still": "(静静|)(悬着|高悬|挂着)(不动|)",
    "moon rise": _RISE,
    "moon set": _SET,
    "moon still": "(静静|)(悬着|高悬|挂着)(不动|)",
    "boat still": "(静静|)(停泊|停着|停靠|泊着)|静止不动",
    "sailboat still": "(静静|)(停泊|停着|停靠|泊着)|静止不动",
    "fisherman still": "(静静|独自|)(垂钓|坐着|钓鱼)|静坐",
    "geese still": "停在空中",
    "cranes still": "(静静|)(伫立|站着|站立)|独立",
    "mist_clouds still": "(静静|)(缭绕|弥漫|停着|不散)",
    "waterfall fall": "(飞流|倾泻|飞泻|奔流|直泻|直挂)(直下|而下)|(从高处|自崖上)(泻下|落下"
    "|倾下)|飞溅而下",
}
PLANT_STILL: Final = "静立|一动不动|(静静|)(挺立|伫立)"

STAND: Final = {
    "sun": "高悬|当空|高挂|悬空|高照",
    "moon": "高悬|当空|高挂|悬空|照着|皎洁",
    "fisherman": "垂钓|在钓鱼|独钓|撒网",
    "village": "(静静地|)坐落|散落|隐约可见|静卧|错落",
    "cottage": "坐落|静立|掩映|孤立",
    "hut": "坐落|静立|掩映|孤立",
    "pavilion": "静立|独立|翼然|伫立",
    "pagoda": "(高高|)(矗立|耸立|挺立)|巍然",
    "bridge": "横跨|静卧|横卧",
    "pine": "挺立|傲立|苍劲|斜立|(苍翠|)挺拔",
    "willow": "(低|)垂|依依|低垂|袅袅",
    "bamboo": "(亭亭|挺拔)而立|丛生|挺拔|青翠|疏朗",
    "blossom": "盛开|怒放|斜出|绽放|探入画面|垂下",
    "leaves": "斜出|垂下|探入画面|低垂|舒展",
    "bare_tree": "(孤|静|斜)立|萧疏|伫立",
    "tree": "(挺|静|斜|耸)立|成荫",
    "reeds": "丛生|茂密|苍苍|萋萋",
    "rocks": "嶙峋|散落|横卧|兀立|堆叠",
    "lotus": "(铺满水面|亭亭玉立|铺展|浮着)",
    "path": "(蜿蜒|伸|通)向(远方|远处)|延伸",
    "meadow": "(铺|伸)展|如毯|绵延|茵茵",
    "mist_clouds": "(缭绕|弥漫|升腾|萦绕|笼罩|氤氲)",
    "waterfall": "(飞挂|高挂|悬挂)",
}

PLACE: Final = {
    "on water": "水面上|湖面上|江上|水上|湖上|江心|湖心|河面上|水中|波上",
    "by water": "水边|湖边|岸边|湖畔|江畔|河边|水畔|江边|岸上",
    "sky": "天上|天空中|空中|天边|天际|高空|半空中|长空",
    "pond": "池中|水中|塘中|池塘里|水上",
    "above": "H(之上|上方|上空|顶上)",
    "foot": "H(下|脚下|之下|前|之前)|山脚下|山下",
    "between": "H(之间|间|前|上)|山间|山腰",
}
"""Places; H stands for the mountains."""
