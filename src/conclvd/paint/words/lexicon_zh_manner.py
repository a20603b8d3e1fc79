"""The Chinese words for how a picture is painted and mounted: brushwork, format, blank space."""

from __future__ import annotations

from typing import Final

FORMAT: Final = {
    "square": "册页|斗方|小品册页|册页小品|一开册页",
    "hanging": "立轴|挂轴|卷轴|条幅|竖幅立轴|一轴(山水|)|中堂",
    "landscape": "横幅|横披|横幅小品|横构图",
    "handscroll": "手卷|长卷|卷轴|横卷|山水手卷|长卷一段",
}
WAY: Final = {"left": "向左", "right": "向右"}
"""A direction in a line of verse."""

DISTANCE: Final = {
    "high": "高远(之景|构图|法|)|以高远法构图|自下仰望",
    "level": "平远(之景|构图|法|)|以平远法构图|平远开阔",
    "deep": "深远(之景|构图|法|)|以深远法构图|层层深远",
}
BRUSH: Final = {
    "hemp": "披麻皴(法|)|长披麻皴|(山石|峰峦)作披麻皴|以披麻皴写山|披麻皴笔意",
    "axe": "斧劈皴(法|)|大斧劈皴|小斧劈皴|(山石|峰峦)作斧劈皴|以斧劈皴写山|斧劈皴笔意",
    "mi": "米点(皴|)|米家(山水|云山|点)|(山石|峰峦)作米点|以米点写山|米氏云山|落茄点",
    "splash": "泼墨(法|)|大泼墨|泼墨淋漓|(山石|峰峦)以泼墨写成|以泼墨写山|泼墨泼彩",
}
DENSITY: Final = {
    "sparse": "大片留白|留白(甚多|处多|)|疏朗留白|画面疏简|构图疏朗|寥寥数笔|惜墨如金",
    "medium": "",
    "rich": "画面(繁密|丰满)|构图繁密|景物(丰富|繁多)",
}
SEAL: Final = "钤朱印一方|一方朱印|朱红印章|朱文印一枚|红色印章"
INSCRIPTION: Final = "题诗数行|画上题款|一行题字"
