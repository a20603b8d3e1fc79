"""Chinese captions in traditional characters: a table of the characters that captions use."""

from __future__ import annotations

import re
from typing import Final

_PAIRS: Final = (
    "万萬 与與 丛叢 东東 丝絲 两兩 严嚴 个個 丰豐 临臨 为為 乌烏 乡鄉 乱亂 于於 云雲 伫佇 会會 "
    "传傳 伤傷 众眾 侧側 倾傾 兴興 冈岡 册冊 写寫 农農 净淨 凉涼 几幾 刚剛 别別 动動 劲勁 势勢 "
    "华華 单單 卧臥 压壓 却卻 发發 变變 叠疊 台臺 叶葉 后後 听聽 图圖 圆圓 国國 块塊 坠墜 处處 "
    "声聲 复復 头頭 妆妝 妩嫵 宁寧 宝寶 宽寬 对對 尽盡 层層 岁歲 岂豈 岖嶇 岚嵐 岭嶺 峥崢 峦巒 "
    "嵘嶸 带帶 帧幀 庄莊 庐廬 应應 开開 张張 弥彌 弯彎 归歸 当當 径徑 悬懸 惨慘 户戶 扬揚 挂掛 "
    "摆擺 摇搖 撑撐 数數 斓斕 无無 旧舊 时時 旷曠 昼晝 晓曉 晕暈 晖暉 机機 条條 来來 杨楊 构構 "
    "枫楓 树樹 样樣 桥橋 桨槳 横橫 楼樓 樱櫻 残殘 毕畢 氲氳 没沒 沥瀝 泻瀉 泼潑 洁潔 洒灑 浅淺 "
    "浑渾 浓濃 涌湧 涛濤 涟漣 润潤 涨漲 渐漸 渔漁 湿濕 溅濺 滚滾 滟灩 满滿 潇瀟 潋瀲 灭滅 灿燦 "
    "炉爐 点點 烂爛 烧燒 烟煙 爱愛 状狀 独獨 犷獷 环環 现現 画畫 皑皚 盘盤 矿礦 离離 秃禿 积積 "
    "穷窮 窝窩 竖豎 笋筍 笔筆 笼籠 简簡 系繫 红紅 约約 级級 纷紛 线線 练練 细細 织織 绕繞 绘繪 "
    "绚絢 统統 绝絕 绢絹 绦絛 绵綿 绽綻 绿綠 缈緲 缓緩 缤繽 缥縹 缩縮 缭繚 网網 罗羅 耸聳 肠腸 "
    "胜勝 胧朧 脉脈 脚腳 腾騰 节節 芦蘆 苇葦 苍蒼 茏蘢 荡蕩 荣榮 荫蔭 莲蓮 萦縈 萧蕭 葱蔥 蒙濛 "
    "蓝藍 虚虛 衔銜 袅裊 装裝 见見 视視 览覽 许許 设設 诗詩 谁誰 调調 谓謂 谧謐 贫貧 踪蹤 车車 "
    "轮輪 轴軸 轻輕 载載 边邊 过過 还還 进進 远遠 连連 遥遙 郁鬱 里裡 采採 钓釣 钤鈐 钩鉤 铺鋪 "
    "银銀 锁鎖 错錯 锦錦 镜鏡 长長 门門 闪閃 闲閒 间間 闹鬧 阁閣 阔闊 队隊 阳陽 阴陰 阵陣 际際 "
    "险險 随隨 隐隱 雾霧 霭靄 静靜 韵韻 页頁 顶頂 顷頃 须須 题題 颜顏 颤顫 风風 飘飄 飞飛 驶駛 "
    "骤驟 鱼魚 鲜鮮 鸟鳥 鸿鴻 鹜鶩 鹤鶴 鹭鷺 黄黃 齐齊 余餘 着著 从從 墙牆 将將 气氣 陈陳"
)
TABLE: Final = {pair[0]: pair[1] for pair in _PAIRS.split()}
_ALL: Final = str.maketrans(TABLE)
# One character that stands for several: what is before it tells which.
_MEASURE: Final = re.compile("(?<=[一两三四五六几数多些])只")  # elsewhere "only"
_MILE: Final = re.compile("(?<=[萬千墟])裡")  # a mile or a village; elsewhere "in"
_UPON: Final = re.compile("(?<=水)復")  # "water upon water"; elsewhere "again"


def to_traditional(text: str) -> str:
    """A Chinese caption in traditional characters."""
    text = _MEASURE.sub("隻", text).translate(_ALL)
    return _UPON.sub("複", _MILE.sub("里", text))


def spellings(phrase: str) -> set[str]:
    """A phrase in simplified and in traditional characters, whatever may stand before it."""
    written = {phrase, to_traditional(phrase)}
    if phrase.startswith("只"):  # after a number
        written.add(to_traditional("一" + phrase)[1:])
    return written
