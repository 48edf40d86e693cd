#!/usr/bin/env python3
"""edit_cloud.py URL TOKEN-FILE SEED [N]: N random changes to app 1 of a local
record server made with --generate soudan: edits, additions, deletions, rows
of a table, titles too long for the rules of the test.  The same seed and the
same records give the same changes.  Prints what it did, a word each."""
import json
import random
import sys
import urllib.request

url, token, seed = sys.argv[1], open(sys.argv[2]).read().strip(), sys.argv[3]
rnd = random.Random(seed)


def call(method, path, body):
    r = urllib.request.Request(
        url + "/k/v1/" + path, json.dumps(body).encode(), method=method,
        headers={"X-Cybozu-API-Token": token,
                 "Content-Type": "application/json"})
    if method == "GET":
        r.add_header("X-HTTP-Method-Override", "GET")
        r.method = "POST"
    with urllib.request.urlopen(r, timeout=20) as f:
        return json.load(f)


def title():
    # Every fourth one is held back by the rules.
    return "件" * (60 if rnd.random() < 0.25 else rnd.randint(1, 12))


def family():
    return [{"value": {"家族氏名": {"value": "氏%d" % rnd.randint(1, 99)},
                       "続柄": {"value": rnd.choice(["父", "母", ""])}}}
            for _ in range(rnd.randint(0, 3))]


def record():
    r = {}
    if rnd.random() < 0.8:
        r["件名"] = {"value": title()}
    if rnd.random() < 0.5:
        r["家族"] = {"value": family()}
    if rnd.random() < 0.3:
        r["欠席日数"] = {"value": str(rnd.randint(0, 200))}
    return r


def ids():
    found = call("GET", "records.json", {
        "app": 1, "fields": ["$id"], "query": "order by $id asc limit 500"})
    return [r["$id"]["value"] for r in found["records"]]


for _ in range(int(sys.argv[4]) if len(sys.argv) > 4 else rnd.randint(0, 6)):
    there = ids()
    what = rnd.choice(["edit", "edit", "edit", "add", "add", "delete"])
    if what == "add":
        call("POST", "record.json", {"app": 1, "record": record()})
    elif what == "edit" and there:
        call("PUT", "record.json",
             {"app": 1, "id": rnd.choice(there), "record": record()})
    elif there:
        call("DELETE", "records.json", {"app": 1, "ids": [rnd.choice(there)]})
    print(what)
