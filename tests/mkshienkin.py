#!/usr/bin/env python3
"""Applications for a support grant, the facility master, last year: all made
up, with errors planted.  Writes 申請.csv, 台帳.csv, 廃止.csv, 昨年.csv and 答え.csv (what
must be found) into the folder given."""
import csv
import random
import sys

SEED = 20261129
KINDS = [("介護", 12000), ("障害", 15000), ("保育", 9000)]
FIRST = ["さくら", "ひまわり", "あおぞら", "みどり", "のぞみ", "やまびこ", "こすもす",
         "ひだまり", "せせらぎ", "すずらん", "若葉", "朝日", "松風", "清流", "希望"]
LAST = ["苑", "の里", "ホーム", "園", "の家", "ケアセンター", "デイサービス"]
CORP = ["社会福祉法人", "株式会社", "特定非営利活動法人", "医療法人", "有限会社"]
TOWN = ["本町", "三番町", "緑が丘", "川原田", "北一条", "大字中野", "麻布十番"]
BANK = [("0987", "関山銀行"), ("1234", "大空信用金庫"), ("9900", "ゆうちょ銀行")]
HEADS = ["髙橋", "佐藤", "渡邉", "𠮷田", "山﨑", "斎藤", "中村", "小林"]
GIVEN = ["一郎", "花子", "健", "美咲", "浩", "由美"]


def houjin(base):
    """The check digit is the first (municipal rules 3.2)."""
    s = sum(int(c) * (1 if i % 2 == 0 else 2)
            for i, c in enumerate(reversed(base)))
    return str(9 - s % 9) + base


def facilities(rnd, n):
    out = []
    for i in range(n):
        kind, unit = KINDS[i % 3]
        name = f"{rnd.choice(FIRST)}{rnd.choice(LAST)}{i // 20 + 1}"
        corp = f"{rnd.choice(CORP)}{rnd.choice(FIRST)}会"
        town = rnd.choice(TOWN)
        bank = rnd.choice(BANK)
        out.append({
            "事業所番号": f"{1370000000 + i * 7:010d}",
            "事業所名": name,
            "法人名": corp,
            "法人番号": houjin(f"{100000000000 + i * 37:012d}"),
            "種別": kind,
            "単価": unit,
            "定員": rnd.randrange(10, 120, 5),
            "所在地": f"関市{town}{rnd.randrange(1, 5)}-{rnd.randrange(1, 30)}"
                      f"-{rnd.randrange(1, 20)}",
            "代表者": f"{rnd.choice(HEADS)} {rnd.choice(GIVEN)}",
            "電話": f"0575-{rnd.randrange(20, 99)}-{rnd.randrange(1000, 9999)}",
            "銀行": bank[0],
            "支店": f"{rnd.randrange(1, 400):03d}",
            "口座": f"{2000000 + i * 13:07d}",
            "名義": f"ﾌｸｼ{i:04d}",
            "状態": "指定",
        })
    return out


def wide(s):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s)


def spelled(rnd, f):
    """The same thing as people type it: none of this is an error."""
    a = dict(f)
    r = rnd.random
    if r() < .3:
        a["事業所番号"] = wide(a["事業所番号"])
    if r() < .3:
        a["事業所名"] = a["事業所名"].replace("デイサービス", "ﾃﾞｲｻｰﾋﾞｽ")
    if r() < .3:
        a["事業所名"] = wide(a["事業所名"])
    if r() < .3:
        a["法人名"] = a["法人名"].replace("株式会社", "㈱").replace(
            "有限会社", "(有)")
    if r() < .3:
        a["代表者"] = a["代表者"].replace(" ", "　")
    if r() < .3:
        a["電話"] = wide(a["電話"]).replace("－", rnd.choice("－ー‐−"))
    if r() < .2:
        a["電話"] = a["電話"].replace("-", "(", 1).replace("-", ")", 1)
    if r() < .3:
        a["所在地"] = wide(a["所在地"]).replace("－", "−")
    if r() < .3:
        a["口座"] = wide(a["口座"])
    if r() < .2:
        a["法人番号"] = "T" + a["法人番号"]
    return a


def money(rnd, n):
    return rnd.choice([str(n), f"{n:,}", f"{n:,}円", wide(f"{n:,}"), f"￥{n:,}"])


def main(folder):
    rnd = random.Random(SEED)
    fac = facilities(rnd, 520)
    for f in fac[500:510]:
        f["状態"] = "廃止"
    apps, answers = [], []
    plan = {}
    order = list(range(480))
    rnd.shuffle(order)
    for what, n in [("番号なし", 4), ("名称相違", 6), ("口座変更", 7), ("上限超過", 4),
                    ("金額相違", 8), ("法人番号誤り", 3), ("電話相違", 4)]:
        for _ in range(n):
            plan[order.pop()] = what
    last = []
    for i, f in enumerate(fac[:490]):
        if i % 5 != 4:
            last.append({"事業所番号": f["事業所番号"], "銀行": f["銀行"],
                         "支店": f["支店"], "口座": f["口座"],
                         "名義": f["名義"], "交付額": f["単価"] * f["定員"]})

    def add(f, amount, what):
        no = f"S{len(apps) + 1:04d}"
        a = spelled(rnd, f)
        apps.append({"申請番号": no, **{k: a[k] for k in (
            "事業所番号", "事業所名", "法人名", "法人番号", "種別", "定員", "所在地",
            "代表者", "電話", "銀行", "支店", "口座", "名義")},
            "申請額": money(rnd, amount)})
        for w in what:
            answers.append((no, w))
        return no

    for i in range(480):
        f = dict(fac[i])
        amount, what = f["単価"] * f["定員"], plan.get(i)
        if what == "番号なし":
            f["事業所番号"] = f"{1990000000 + i:010d}"
        elif what == "名称相違":
            f["事業所名"] = "新" + f["事業所名"]
        elif what == "口座変更":
            if i % 5 == 4:
                last.append({"事業所番号": f["事業所番号"], "銀行": f["銀行"],
                             "支店": f["支店"], "口座": f["口座"],
                             "名義": f["名義"], "交付額": amount})
            f["口座"] = f"{8000000 + i:07d}"
        elif what == "上限超過":
            f["定員"] = 200
            amount = f["単価"] * f["定員"]
        elif what == "金額相違":
            amount += rnd.choice([-1000, 1, 10000])
        elif what == "法人番号誤り":
            n = f["法人番号"]
            f["法人番号"] = n[:5] + str((int(n[5]) + 1) % 10) + n[6:]
        elif what == "電話相違":
            f["電話"] = "0575-11-" + f["電話"][-4:]
        # A capacity that is not the master's, and what follows from it.
        add(f, amount, [] if what is None else
            ["定員相違", "金額相違", "上限超過"] if what == "上限超過" else [what])
    for f in fac[500:504]:
        add(f, f["単価"] * f["定員"], ["廃止"])
    twice = []
    for i in order[:8]:
        twice.append(add(fac[i], fac[i]["単価"] * fac[i]["定員"], ["重複"]))
        first = next(a["申請番号"] for n, a in enumerate(apps) if n == i)
        answers.append((first, "重複"))
    # Another facility, but somebody else's account.
    for k, f in enumerate(fac[510:514]):
        f = dict(f)
        g = fac[order[20 + k]]
        for c in ("銀行", "支店", "口座", "名義"):
            f[c] = g[c]
        add(f, f["単価"] * f["定員"], ["同一口座"])
        answers.append((f"S{order[20 + k] + 1:04d}", "同一口座"))
    for f in fac[514:518]:
        add(f, f["単価"] * f["定員"], [])
    last.sort(key=lambda r: r["事業所番号"])

    def write(name, rows, encoding, **how):
        with open(f"{folder}/{name}", "w", encoding=encoding, newline="") as o:
            w = csv.DictWriter(o, list(rows[0]), **how)
            w.writeheader()
            w.writerows(rows)

    write("申請.csv", apps, "utf-8-sig")
    write("台帳.csv", fac, "utf-8-sig")
    write("廃止.csv", [{"事業所番号": f["事業所番号"], "事業所名": f["事業所名"]}
                     for f in fac if f["状態"] == "廃止"], "utf-8-sig")
    write("昨年.csv", last, "cp932")
    with open(f"{folder}/答え.csv", "w", encoding="utf-8", newline="") as o:
        o.write("申請番号,誤り\n")
        o.writelines(f"{a},{b}\n" for a, b in sorted(set(answers)))
    print(len(apps), "applications,", len(set(answers)), "planted findings")


main(sys.argv[1])
