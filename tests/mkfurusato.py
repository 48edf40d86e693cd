#!/usr/bin/env python3
"""Donations of four portals, all made up: the files as each portal gives them,
the table of gift names before and after a person filled in the worklist, what
the portals' screens show (照合表.csv), and what must be found (答え.csv).
Writes into the folder given."""
import csv
import io
import random
import sys

SEED = 20261130
PORTALS = ["楽天", "チョイス", "さとふる", "ふるなび"]
# Code, price, and the name at each portal.
GIFTS = [
    ("A01", 10000, "うなぎ蒲焼 2尾", "うなぎ蒲焼２尾", "【冷凍】鰻の蒲焼（2尾）",
     "うなぎ かば焼き 2尾セット"),
    ("A02", 15000, "関の和牛 切り落とし 500g", "関の和牛切り落とし500ｇ",
     "関の和牛 切落し 500g", "関の和牛　切り落とし　５００ｇ"),
    ("B01", 12000, "新米 コシヒカリ 10kg", "新米コシヒカリ 10kg",
     "令和8年産 コシヒカリ 10kg", "ｺｼﾋｶﾘ(新米) 10kg"),
    ("B02", 8000, "餅 詰め合わせ", "餅詰合せ", "おもち詰め合わせ", "餅 詰め合わせ"),
    ("C01", 11000, "白桃 2kg", "白桃２ｋｇ", "桃（白桃）2kg", "白桃 約2kg"),
    ("C02", 9000, "ぶどう 巨峰 1kg", "巨峰１ｋｇ", "ぶどう（巨峰）", "巨峰 1kg"),
    ("D01", 30000, "包丁 三徳 関の刃物", "三徳包丁（関の刃物）", "関の刃物 三徳包丁",
     "三徳包丁"),
    ("D02", 5000, "爪切り 関の刃物", "爪切り（関の刃物）", "関の刃物 爪切り", "つめ切り"),
    ("E01", 100000, "鵜飼観覧 ペア宿泊券", "鵜飼ペア宿泊券", "鵜飼観覧・宿泊（2名）",
     "鵜飼観覧ペア宿泊券"),
]
# Names that the table does not know at first, by portal.
UNKNOWN = {("さとふる", "B01"), ("ふるなび", "D01"), ("さとふる", "C02"),
           ("チョイス", "E01")}
FAMILY = [("髙橋", "タカハシ"), ("佐藤", "サトウ"), ("山﨑", "ヤマザキ"),
          ("渡邉", "ワタナベ"), ("斎藤", "サイトウ"), ("中村", "ナカムラ"),
          ("小林", "コバヤシ"), ("德永", "トクナガ")]
GIVEN = [("一郎", "イチロウ"), ("花子", "ハナコ"), ("健", "ケン"),
         ("美咲", "ミサキ"), ("浩", "ヒロシ"), ("由美", "ユミ")]
CITIES = [("東京都", "千代田区", "霞が関"), ("大阪府", "大阪市北区", "梅田"),
          ("岐阜県", "関市", "本町"), ("北海道", "札幌市中央区", "北一条西")]
ONE_STOP = ["希望する", "希望しない"]


def people(rnd, n):
    out = []
    for i in range(n):
        f, g = FAMILY[i % len(FAMILY)], GIVEN[i // len(FAMILY) % len(GIVEN)]
        pref, city, town = rnd.choice(CITIES)
        out.append({
            "姓": f[0], "名": g[0], "セイ": f[1], "メイ": g[1],
            "郵便": f"{rnd.randrange(1, 999):03d}-{rnd.randrange(10000):04d}",
            "県": pref, "市": city,
            "町": f"{town}{rnd.randrange(1, 9)}丁目{rnd.randrange(1, 30)}番"
                  f"{rnd.randrange(1, 20)}号",
            "電話": f"090-{rnd.randrange(1000, 9999)}-{1000 + i:04d}",
            "メール": f"donor{i}@example.jp",
        })
    # One of them has a name that CP932 does not have.
    out[5]["姓"] = "𠮷田"
    out[5]["セイ"] = "ヨシダ"
    return out


def donations(rnd):
    """(portal, number, line, person, gift, day, cancelled, one-stop)"""
    who = people(rnd, 150)
    out = []
    for i in range(480):
        portal = PORTALS[i % 4]
        p = who[rnd.randrange(len(who))]
        while portal == "楽天" and p["姓"] == "𠮷田":
            p = who[rnd.randrange(len(who))]
        out.append({
            "portal": portal, "i": i // 4 + 1, "who": p,
            "gift": rnd.choice(GIFTS), "n": rnd.choice([1, 1, 1, 2]),
            "day": (2026, rnd.randrange(4, 10), rnd.randrange(1, 29)),
            "cancelled": rnd.random() < 0.07,
            "onestop": rnd.choice(ONE_STOP),
        })
    return out


def amount(d):
    return d["gift"][1] * d["n"]


def gift_name(d):
    return d["gift"][2 + PORTALS.index(d["portal"])]


def rakuten(d):
    w, (y, m, day) = d["who"], d["day"]
    a, b = w["郵便"].split("-")
    t = w["電話"].split("-")
    return [f"300001-{y}{m:02d}{day:02d}-{d['i']:010d}",
            "900" if d["cancelled"] else "500", f"{y}/{m:02d}/{day:02d}",
            "12:34:56", "クレジットカード", str(amount(d)), a, b, w["県"], w["市"],
            w["町"], w["姓"], w["名"], w["セイ"], w["メイ"], *t, w["メール"],
            f"{d['i']:06d}", gift_name(d), str(d["n"]),
            f"ワンストップ特例申請:{d['onestop']}"]


RAKUTEN = ["注文番号", "ステータス", "注文日", "注文時間", "支払方法名", "請求金額",
           "注文者郵便番号1", "注文者郵便番号2", "注文者住所都道府県", "注文者住所郡市区",
           "注文者住所それ以降の住所", "注文者姓", "注文者名", "注文者姓カナ", "注文者名カナ",
           "注文者電話番号1", "注文者電話番号2", "注文者電話番号3", "注文者メールアドレス",
           "商品明細ID", "商品名", "個数", "項目・選択肢"]


def choice(d):
    w, (y, m, day) = d["who"], d["day"]
    return [f"C{d['i']:07d}", f"{y}年{m}月{day}日", f"{amount(d):,}円",
            f"{w['姓']}　{w['名']}", f"{w['セイ']} {w['メイ']}", w["郵便"],
            w["県"] + w["市"] + w["町"], w["電話"], w["メール"], gift_name(d),
            str(d["n"]), "キャンセル" if d["cancelled"] else "入金済", d["onestop"]]


CHOICE = ["寄附番号", "申込日", "寄附金額", "寄附者氏名", "寄附者氏名カナ", "郵便番号",
          "住所", "電話番号", "メールアドレス", "返礼品名", "数量", "状態",
          "ワンストップ特例申請希望"]


def satofull(d):
    w, (y, m, day) = d["who"], d["day"]
    return [f"S26-{d['i']:06d}", f"R{y - 2018}.{m}.{day}", str(amount(d)),
            f"{w['姓']}{w['名']}", f"{w['セイ']}{w['メイ']}",
            w["郵便"].replace("-", ""), w["県"], w["市"], w["町"],
            w["電話"].replace("-", ""), gift_name(d), str(d["n"]),
            "取消" if d["cancelled"] else "", "○" if d["onestop"] == "希望する"
            else "×"]


SATOFULL = ["受付番号", "受付日", "寄附額", "氏名", "フリガナ", "〒", "都道府県", "市区町村",
            "番地・建物", "TEL", "お礼の品", "数量", "取消", "特例申請"]


def furunavi(d):
    w, (y, m, day) = d["who"], d["day"]
    return [f"{26000000 + d['i']}", f"{y}-{m:02d}-{day:02d}", f"{amount(d):,}",
            f"{w['姓']} {w['名']}", f"{w['セイ']} {w['メイ']}", w["郵便"],
            w["県"] + w["市"] + w["町"], w["電話"], w["メール"], gift_name(d),
            str(d["n"]), "寄附取消" if d["cancelled"] else "寄附確定",
            d["onestop"]]


FURUNAVI = ["申込番号", "寄附日", "金額", "お名前", "お名前（カナ）", "郵便番号", "ご住所",
            "お電話番号", "メール", "返礼品", "個数", "ステータス", "ワンストップ"]

FILES = [("楽天", RAKUTEN, rakuten, "rakuten_0401-0930.csv", ",", "cp932", "\r\n"),
         ("チョイス", CHOICE, choice, "choice_export.csv", ",", "utf-8-sig", "\r\n"),
         ("さとふる", SATOFULL, satofull, "satofull.tsv", "\t", "utf-8", "\n"),
         ("ふるなび", FURUNAVI, furunavi, "furunavi.csv", ",", "utf-8", "\n")]


def write(path, rows, encoding="utf-8", sep=",", end="\n"):
    text = io.StringIO()
    csv.writer(text, delimiter=sep, lineterminator=end).writerows(rows)
    with open(path, "w", encoding=encoding, newline="") as f:
        f.write(text.getvalue())


def screens(ds):
    """What the portals' screens show: by portal and month, without what was
    cancelled."""
    sums = {}
    for d in ds:
        if d["cancelled"]:
            continue
        k = d["portal"], d["day"][1]
        n, y = sums.get(k, (0, 0))
        sums[k] = n + 1, y + amount(d)
    rows = [["@日付", "申込日", "", ""], ["@除外", "状態=取消", "", ""],
            ["経路", "月", "件数", "合計 金額"]]
    for p in PORTALS:
        mine = [(m, *sums[p, m]) for q, m in sorted(sums) if q == p]
        rows += [[p, f"令和8年{m}月", str(n), f"{y:,}"] for m, n, y in mine]
        rows.append([p, "合計", str(sum(n for _, n, _ in mine)),
                     f"{sum(y for _, _, y in mine):,}"])
    return rows


def gift_tables():
    before, after = [["変換前", "変換後"]], []
    for g in GIFTS:
        seen = set()
        for p, name in zip(PORTALS, g[2:]):
            if name in seen:
                continue
            seen.add(name)
            (after if (p, g[0]) in UNKNOWN else before).append([name, g[0]])
    return before, after


def answers(ds):
    """Names that wait, how often; donors who gave at several portals."""
    waits, donors = {}, {}
    for d in ds:
        if (d["portal"], d["gift"][0]) in UNKNOWN:
            waits[gift_name(d)] = waits.get(gift_name(d), 0) + 1
        donors.setdefault(d["who"]["電話"], set()).add(d["portal"])
    many = sum(1 for p in donors.values() if len(p) > 1)
    return ([["作業表", k, str(waits[k])] for k in sorted(waits)] +
            [["複数の経路", "寄附者", str(many)]])


def main(to):
    ds = donations(random.Random(SEED))
    for portal, head, line, name, sep, encoding, end in FILES:
        write(f"{to}/{name}", [head] + [line(d) for d in ds
                                        if d["portal"] == portal],
              encoding, sep, end)
    before, after = gift_tables()
    write(f"{to}/返礼品.csv", before)
    write(f"{to}/記入.csv", after)
    write(f"{to}/照合表.csv", screens(ds))
    write(f"{to}/答え.csv", answers(ds))


main(sys.argv[1])
