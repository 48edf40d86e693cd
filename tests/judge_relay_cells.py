"""What a cell means, by its field's type, for judge_relay.py."""
import datetime
import decimal
import re

DECIMAL = r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
INSTANT = (r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?"
           r"(Z|[+-]\d\d:\d\d)?")
DAY = 86400
LONG = "\u241b{LONG}"
decimal.getcontext().prec = 2000


def unescaped(s):
    def one(m):
        n = int(m.group(1), 16)
        known = 0 < n < 0xd800 or 0xdfff < n <= 0x10ffff
        return chr(n) if known else m.group()
    return re.sub("\u241b\\{([0-9A-F]{1,6})\\}", one, s)


def plain(d):
    """seki-stream(5): no exponent, no zeros at the ends, no -0."""
    s = format(d, "f")
    if "." in s:
        s = s.rstrip("0").rstrip(".")
    return "0" if s in ("-0", "") else s


def nearest(s, second):
    """Of a numeric cell: the decimal of at most 15 digits, or else the shortest
    that gives the same number."""
    try:
        return plain(decimal.Decimal(
            repr(float(s)) if second else "%.15g" % float(s)))
    except (ValueError, decimal.InvalidOperation):
        return s


def shape(x):
    kind = x["format"] if x["type"] == "CALC" else x["type"]
    return {"NUMBER": "number", "NUMBER_DIGIT": "number",
            "__REVISION__": "number", "DATETIME": "instant",
            "CREATED_TIME": "instant", "UPDATED_TIME": "instant",
            "DATE": "date", "TIME": "time", "HOUR_MINUTE": "duration",
            "DAY_HOUR_MINUTE": "duration"}.get(kind, "text")


def day_zero(base1904):
    d = datetime.datetime(1899, 12, 30)
    return d + datetime.timedelta(days=1462 if base1904 else 0)


def serial(s, how, base1904):
    """A number of days as a date, an instant, a time, a duration."""
    days = decimal.Decimal(s)
    seconds = int((days * DAY).to_integral_value(decimal.ROUND_HALF_UP))
    if days < 0:
        return s
    if how == "duration":
        minutes = round(seconds / 60)
        return "%d:%02d" % (minutes // 60, minutes % 60)
    if how == "time":
        if seconds >= DAY:
            return s
        t = "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60,
                                seconds % 60)
        return t[:-3] if t.endswith(":00") else t
    # The day that never was makes those before it mean two things.
    if days < 61 and not base1904:
        return s
    t = day_zero(base1904) + datetime.timedelta(seconds=seconds)
    return t.strftime("%Y-%m-%d" if how == "date" else "%Y-%m-%d %H:%M:%S")


def utc(s):
    m = re.fullmatch(INSTANT, s)
    if not m:
        return s
    day, minute, second, zone = m.groups()
    t = datetime.datetime.strptime(day + minute, "%Y-%m-%d%H:%M")
    t += datetime.timedelta(seconds=round(float((second or ":0")[1:])))
    h, minutes = 9, 0
    if zone == "Z":
        h = 0
    elif zone:
        h, minutes = int(zone[:3]), int(zone[0] + zone[4:])
    t -= datetime.timedelta(hours=h, minutes=minutes)
    return t.isoformat() + "Z"


def meaning(how, kind, s, base1904=False, second=False):
    """The canonical text of a cell with s in it, already taken back from its
    escapes; None: empty."""
    if s == "":
        return None
    try:
        if how == "number":
            if kind == "n":
                return nearest(s, second)
            return plain(decimal.Decimal(s)) if re.fullmatch(
                DECIMAL, s) else s
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(s, s)
        if kind == "n" and re.fullmatch(DECIMAL, s):
            if how in ("key", "text"):
                return nearest(s, second)
            s = serial(s, how, base1904)
        if kind == "d":
            m = re.fullmatch("(.*)T(.*?)Z?", s)
            if m and how == "date":
                return m.group(1)
            if m and how == "time":
                s = re.sub(r"\.0*$", "", m.group(2))
                return s[:-3] if s.endswith(":00") and len(s) > 5 else s
        return utc(s) if how == "instant" else s
    except (ValueError, OverflowError):
        return s
