"""Twenty-four prompts for sheets, half of them Chinese, never chosen by what became of them."""

from __future__ import annotations

PROMPTS = (
    "Chinese landscape painting at dawn, steep peaks in mist, a boat drifts to the left",
    "ink wash painting, rugged ridges, a pagoda by the lake, geese fly to the right",
    "blue-green and gold, round mountains, a pavilion, the red sun rises",
    "misty grey-blue, rain falls on a small village by the water",
    "moonlit night, deep blue, a sailboat on the lake",
    "golden autumn, a waterfall, leaves drift down to the right",
    "spring, a blossoming branch on the left sways in the wind, petals fall",
    "snowy winter, a thatched hut, pine trees, snow is falling",
    "aged sepia silk, karst pillars, two cranes fly to the left",
    "jade green, a lotus pond, round hills in the distance",
    "dusk, an orange sky, bamboo on the right swaying in the wind",
    "a winding path through a meadow, a cottage, the camera slowly zooms in",
    "水墨山水，群峰含雾，一叶扁舟向左漂去",
    "青绿山水，一座亭子，红日初升",
    "雨中山村，灰蓝色的雾，细雨蒙蒙",
    "月夜，深蓝色的湖面，一轮明月",
    "金秋，红叶飘落，一座宝塔",
    "春天，桃花盛开，花瓣纷飞",
    "冬日雪景，大雪纷飞，茅屋",
    "绢本古画，险峰，飞雁向右飞去",
    "翠绿的山，荷花摇曳",
    "黄昏，柳条在风中轻摆，小船",
    "黎明，瀑布从山崖落下，仙鹤向左飞",
    "竹影摇曳，湖水如镜，镜头向右移动",
)
