"""How much sense East Asian words make: by the characters that people write most."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

_KANA = ("\u3041", "\u30ff")
_SIMPLIFIED = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多"
    "天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但"
    "身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四"
    "第门相次东政海口使教西再平真听世气信北少关并内加化由却代产入先山五太水万市眼体别处总才场师书比住员性通目报立"
    "请坏修空调冰箱洗衣印脑故障维尽快您谢客服安装漏派急单号码地址联系换件冷热声音显示"
)
_TRADITIONAL = (
    "的一是不了在人有我他這中大來上國個到說們為子和你地出道也時年得就那要下以生會自著去之過家學對可她裡後小麼心多"
    "天而能好都然沒日於起還發成事只作當想看文無開手十用主行方又如前所本見經頭面公同三已老從動兩長知民樣現分將外但"
    "身些與高意進把法此實回二理美點月明其種聲全工己話兒者向情部正名定女問力機給等幾很業最間新什打便位因重被走電四"
    "第門相次東政海口使教西再平真聽世氣信北少關並內加化由卻代產入先山五太水萬市眼體別處總才場師書比住員性通目報立"
    "請壞修空調冰箱洗衣印表腦故障維盡快您謝客服安裝漏派急單號碼址聯繫換件冷熱音顯示"
)
_JAPANESE = (
    "日一国会人年大十二本中長出三同時事自行社見月分後前生間上部者地合業内相方四定今回新場入立開手力学問高代明実円関"
    "決子動京全目表通外最言現理調体化当主題下意法不来作性的要用度気小成期公取機平加山思家話世受多続進正安設保改数記"
    "初指心支第結点報書活先解名交向面重近考認利組知道信在件物引使求所次水品計感変打私各始直確運終台必応電住無再位置"
    "有口過放検常料状工急止送切由説転付消番規備配条着店残線率待試線形落製音申様注呼達願致修理故障冷暖房紙詰複換"
)
_KOREAN = (
    "이다는의에가을를고하니은지로기도한서어사요합습안녕세있해그나아자시인수대정리일보주부스과제게장전라와면여것때만들무"
    "상생년원화문으였었했않되된될내우구비동공신경선성용오조방실연계관중재소유물진차개발분모터미바입료결반적금간위교업회"
    "단당말명불님감드립빠른처레트프린복접속번호객냉난온누설치체점검못안컨났십저희귀담락달려줄돌작음운식출력름됩났"
)


@dataclass(frozen=True, slots=True)
class _Script:
    """`common` are its most frequent characters; `rows` the first bytes under which `plain` keeps usual ones."""

    common: str
    plain: str
    rows: range
    has_kana: bool = False
    has_han: bool = True


_JIS = _Script(_JAPANESE, "euc_jp", range(0xB0, 0xD0), has_kana=True)
SCRIPTS = {
    "gb18030": _Script(_SIMPLIFIED, "gb2312", range(0xB0, 0xD8)),
    "cp932": _JIS,
    "euc_jp": _JIS,
    "cp949": _Script(_KOREAN, "euc_kr", range(0xB0, 0xC9), has_han=False),
    "big5hkscs": _Script(_TRADITIONAL, "big5", range(0xA4, 0xC7)),
}
"""The codecs that are told apart, with what is written in them."""


def sense_of(text: str, codec: str, size: int) -> float:
    """How much sense the text makes that a codec read in `size` bytes: up to 1, at most 0 for noise."""
    script = SCRIPTS[codec]
    points, count, has_kana = 0.0, 0, False
    for char in text:
        if char < "\x80":
            size -= 1
            continue
        count += 1
        has_kana = has_kana or _KANA[0] <= char <= _KANA[1]
        width = 1 if char == "\ufffd" or "\uff61" <= char <= "\uff9f" else 2
        points += width * _points(char, script, codec)
    if size < 1:
        return 0.0
    sense = points / size
    return sense * 0.7 if script.has_kana and not has_kana and count > 3 else sense


def _points(char: str, script: _Script, codec: str) -> float:
    if char in script.common:
        return 1.0
    if char == "\ufffd":
        return -1.0
    if _KANA[0] <= char <= _KANA[1]:
        return 1.0 if script.has_kana else -0.3
    if "\u3000" <= char <= "\u303f" or "\uff01" <= char <= "\uff5e" or char in "…—“”‘’·":
        return 0.4
    if char in _usual(codec):
        return 0.5 if script.has_han else 0.3
    return 0.1 if script.has_han and "\u4e00" <= char <= "\u9fff" else -0.3


@cache
def _usual(codec: str) -> frozenset[str]:
    """The characters that the encoding's first level holds."""
    script = SCRIPTS[codec]
    cells = (bytes((row, cell)) for row in script.rows for cell in range(0x40, 0xFF))
    return frozenset("".join(cell.decode(script.plain, "ignore") for cell in cells)) - frozenset(
        map(chr, range(128))
    )
