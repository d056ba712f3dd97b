"""What people write for days and hours, and the correct form: the texts of errors.

English names in full, Chinese names, other dashes, dates without a year. Nothing is guessed from
these: they only let an error say what to write.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_LOOKALIKES = "‐‑‒–—―−"  # noqa: RUF001  # dashes
DASHES = f"{_LOOKALIKES}~〜∼～至到"  # noqa: RUF001  # what people write for a hyphen
"""Characters that people mistake for a hyphen."""

_DAY_NAMES = "mon to sun, mon-fri, daily, workdays, offdays, mon#1, fri#last or 2026-12-24"
_CHINESE = {
    "每个工作日": "workdays ",
    "法定工作日": "workdays ",
    "工作日": "workdays ",
    "平日": "workdays ",
    "法定节假日": "offdays ",
    "节假日": "offdays ",
    "休息日": "offdays ",
    "假日": "offdays ",
    "双休日": "sat sun ",
    "周末": "sat sun ",
    "週末": "sat sun ",
    "每天": "daily ",
    "每日": "daily ",
    "天天": "daily ",
    "全天": "0:00-24:00",
    "次日": "",
    "翌日": "",
    "第二天": "",
    **dict.fromkeys(
        ("不关机", "从不关机", "永不关机", "一直开机", "始终开机", "保持开机"), "always"
    ),
    "不开机": "never",
    "关机": "off",
    "关": "off",
    "休息": "off",
    "休": "off",
    "点半": ":30",
    "点整": ":00",
    "点": ":00",
    "时": ":00",
    "、": " ",
    "和": " ",
    "上午": "",
    "中午": "",
    "早上": "",
} | {
    f"{week}{number}": name
    for week in ("星期", "礼拜", "禮拜", "周", "週")
    for number, name in zip(
        ("一", "二", "三", "四", "五", "六", "日", "天"),
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "sun"),
        strict=True,
    )
}
_WEEK = "(?:星期|[礼禮]拜|[周週])"
_WEEK_NUMBERS = "一二三四五六日"
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NTH = "(第[一二三四五]|最后一)"
AROUND_THE_CLOCK = ("24/7", "24x7", "7x24", "7*24", "24小时", "7x24小时", "7*24小时", "全天候")
BETWEEN = frozenset({*DASHES, "-", "to", "until", "till", "through", "thru"})
"""Words that people write between the first and the last day of a range."""

_MEANT = {
    **dict.fromkeys(AROUND_THE_CLOCK, "daily"),
    "business": "workdays",
    "every": "daily for every day",
    "each": "daily for every day",
    "night": "daily, with hours like 20:00-6:00",
    "nightly": "daily, with hours like 20:00-6:00",
    "1st": "mon#1 for the first Monday",
    "2nd": "mon#2 for the second Monday",
    "3rd": "mon#3 for the third Monday",
    "4th": "mon#4 for the fourth Monday",
    "second": "mon#2 for the second Monday",
    "third": "mon#3 for the third Monday",
    "first": "mon#1 for the first Monday",
    "last": "fri#last for the last Friday",
    **dict.fromkeys(("at", "between", "from", "on"), "days and then hours, mon-fri 8:30-20:00"),
    "start": "8:30- to open only, or hours like 8:30-20:00",
    "stop": "-20:00 to close only, or hours like 8:30-20:00",
    "weekday": "mon-fri, or workdays for China's calendar",
    "weekdays": "mon-fri, or workdays for China's calendar",
    "workday": "workdays",
    "businessdays": "workdays",
    "weekend": "sat sun, or offdays for China's calendar",
    "weekends": "sat sun, or offdays for China's calendar",
    "holiday": "offdays",
    "holidays": "offdays",
    "offday": "offdays",
    "everyday": "daily",
    "all": "daily",
    "any": "daily",
    "*": "daily",
    "m-f": "mon-fri",
    **{f"{name}l": f"{name}#last" for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    "1-5": "mon-fri",
    "0-6": "daily",
    "1-7": "daily",
}
_FEASTS = ("春节", "国庆", "元旦", "清明", "五一", "劳动节", "端午", "中秋")
_FEAST_DAYS = "offdays for China's holidays, or dates like 2026-12-24"
_MONTHS = r"(jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?\d*"
_SIGNS = r"(?::\d\d|点半|点整|点|时)"
_TIME = rf"\d{{1,2}}{_SIGNS}"
_NOON = 12
_WORKED = ("调休", "補班", "补班", "调班")
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def has_chinese(word: str) -> bool:
    """Does the word contain Chinese characters?"""
    return any("\u4e00" <= one <= "\u9fff" for one in word)


def translated(word: str) -> str:
    """The word with Chinese names and other dashes in this grammar's form; "" if some remain."""
    word = re.sub(rf"{_WEEK}((?:[、和]?[一二三四五六日天])+)(?![点时])", _in_full, word)
    word = re.sub(rf"{_WEEK}((?:[、和]?[1-7])+)(?![\d:点时])", _in_full, word)
    word = re.sub(rf"(?:每个?月的?)?{_NTH}个?{_WEEK}([一二三四五六日天])", _nth, word)
    word = re.sub(rf"(下午|傍晚|晚上|晚)(\d{{1,2}})(?={_SIGNS})", _later, word)
    word = re.sub(rf"(?:凌晨|清晨|早上|早晨|早|上午)(?=\d{{1,2}}{_SIGNS})", "", word)
    word = re.sub(rf"({_TIME})(?:关机|停机|停止|关闭)", r"-\1", word)
    word = re.sub(rf"({_TIME})(?:开机|启动|开启)", r"\1-", word).replace("--", "-")
    for chinese in sorted(_CHINESE, key=len, reverse=True):
        word = word.replace(chinese, _CHINESE[chinese])
    for dash in DASHES:
        word = word.replace(dash, "-")
    word = re.sub(r"(:00|:30)分?(?=\d)", r"\1", word)
    word = re.sub(r"(?<=[a-z])(?=\d|-\d)", " ", word)
    word = re.sub(rf"({'|'.join(_NAMES)})(?={'|'.join(_NAMES)})", r"\1 ", word)
    word = re.sub(r"(\d{4}-\d\d-\d\d)-(?=\d{4}-)", r"\1..", word)
    return " ".join(word.split()) if word.isascii() else ""


def _nth(match: re.Match[str]) -> str:
    """``第一个周一`` as ``mon#1``, ``最后一个周五`` as ``fri#last``."""
    nth = "last" if match[1] == "最后一" else str(_WEEK_NUMBERS.index(match[1][1]) + 1)
    return f"{_NAMES[_WEEK_NUMBERS.index(match[2].replace('天', '日'))]}#{nth} "


def _later(match: re.Match[str]) -> str:
    """``晚上8点`` as ``20点``."""
    hour = int(match[2])
    is_later = hour < _NOON or (hour == _NOON and match[1].startswith("晚"))
    return f"{hour + _NOON if is_later else hour}"


def _in_full(match: re.Match[str]) -> str:
    """``周一、三、五`` and ``周135`` as ``周一 周三 周五``."""
    days = match[1].replace("天", "日")
    numbers = [_WEEK_NUMBERS[int(one) - 1] if one.isdigit() else one for one in days]
    return " ".join(f"周{one}" for one in numbers if one in _WEEK_NUMBERS)


def looks_like_days(word: str) -> bool:
    """Is this one or more English day names, short or long, with separators?"""
    return bool(_short(word.lower()))


def range_of(first: str, last: str) -> str:
    """From one day to another, each as people write it; "" if that is not clear."""
    begin, end = (
        one if re.fullmatch(r"(?a)\d{4}-\d\d-\d\d", one) else _short(one) or translated(one)
        for one in (first.lower(), last.lower())
    )
    if not (begin and end):
        return ""
    return f"{begin}..{end}" if begin[0].isdigit() else f"{begin}-{end}"


def wrong_dash(word: str) -> str:
    """What is wrong with a word that has another dash instead of a hyphen; "" if it has none."""
    dash = next((one for one in word if one in DASHES), "")
    code = f" (U+{ord(dash):04X})" if dash and dash in _LOOKALIKES else ""
    return f"has {dash!r}{code}, which is not the hyphen -" if dash else ""


def day_hint(word: str, reads: Callable[[str], bool]) -> str:
    """Why a word is not a day word, and the correct form; continues "word 2, 'x', …".

    Args:
        word: The word.
        reads: Does this parse in its place? Nothing else is suggested.
    """
    why, meant, otherwise = _hint(word)
    return f"{why}; write {meant if meant and reads(meant) else otherwise}"


def date_hint(word: str, reads: Callable[[str], bool]) -> str:
    """The same, where only dates are allowed."""
    why, meant, otherwise = _date_hint(word.lower())
    return f"{why}; write {meant if meant and reads(meant) else otherwise}"


def _hint(word: str) -> tuple[str, str, str]:
    """What is wrong, what was probably meant ("" if unknown), and what else to write."""
    lower = word.lower()
    if re.search(r"\d[年月]", word) or re.fullmatch(_MONTHS, lower):
        return _date_hint(lower)
    if any(one in word for one in _WORKED):
        return "is Chinese", "", "workdays, which includes worked weekends (调休)"
    if why := "is Chinese" if has_chinese(word) or "、" in word else wrong_dash(word):
        is_feast = any(one in word for one in _FEASTS)
        return why, translated(lower), _FEAST_DAYS if is_feast else _DAY_NAMES
    if lower[:1].isdigit() and lower not in _MEANT:
        return _date_hint(lower)
    return "is not a day word", _short(lower), _MEANT.get(lower, _DAY_NAMES)


def _date_hint(word: str) -> tuple[str, str, str]:
    if re.search(r"\d{4}", word) is None:
        is_short = re.search(r"\d", word) is not None
        why = "is not a date, or has no year" if is_short else "is not a date"
        return why, "", "dates like 2026-12-24"
    otherwise = "dates like 2026-12-24, ranges like 2026-12-24..2027-01-03"
    if re.fullmatch(rf"\d{{4}}-\d\d-\d\d[-{DASHES}]\d{{4}}-\d\d-\d\d", word):
        return "is a range of dates", f"{word[:10]}..{word[11:]}", otherwise
    parts = re.findall(r"\d+", word)
    if re.search(r"[^\d/.年月日号-]", word):  # whatever else may have been meant
        parts = []
    if len(parts) == 1 and len(word) == len("20261224"):
        parts = [word[:4], word[4:6], word[6:]]
    if len(parts) == len(("year", "month", "day")) and len(parts[0]) == len("2026"):
        return "is not a date", f"{parts[0]}-{parts[1]:0>2}-{parts[2]:0>2}", otherwise
    return "is not a date", "", otherwise


def _short(word: str) -> str:
    """``monday-friday``, ``tues``, ``mon/wed``, ``friday#last`` in three letters; else ""."""
    name, sign, nth = word.partition("#")
    several = [_short_range(part) for part in re.split(r"[/&+]", name)]
    return " ".join(several) + sign + nth if all(several) else ""


def _short_range(word: str) -> str:
    parts = re.split(r"-|\.\.", word)
    names = [next((full for full in _FULL if _is_short_for(part, full)), "") for part in parts]
    return "-".join(name[:3] for name in names) if all(names) and len(names) <= 2 else ""  # noqa: PLR2004  # a range


def _is_short_for(part: str, full: str) -> bool:
    return len(part) > 1 and full.startswith(part.rstrip("."))
