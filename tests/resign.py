#!/usr/bin/env python3
"""resign.py IN KEY OUT [CHANGE...]: a bundle changed and signed anew.

Signs with the openssl command, so that only the named fault is left:
  --set PATH=JSON      a member of the manifest: --set content.records=7
  --file NAME=PATH     other bytes for an entry; the manifest's files follow
  --drop NAME          without this entry, the manifest's files too
  --add NAME=PATH      with one more attachment
  --whole PATH=JSON    of a part: a member of the whole's manifest, which is
                       signed anew, too
  --text PYTHON        the manifest's bytes: an expression over t
  --as ROLE            sign as approve, release, ... (prepare)
  --name NAME          the signature's name in the archive
  --noattr             no signed attributes
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import tempfile
import zipfile

# seki-bundle(5), SIGNATURES.
OIDS = {
    "prepare": "2.25.76338632448751028042724313811193437463",
    "approve": "2.25.260714633304858996512829663792754873082",
    "release": "2.25.51816655638248007903730238333337939126",
}


def canonical(doc):
    return json.dumps(doc, sort_keys=True, ensure_ascii=False,
                      separators=(",", ":")).encode()


def sign(key, role, text, more=("-cades", "-nosmimecap")):
    with tempfile.TemporaryDirectory() as d:
        name = os.path.join(d, "m")
        with open(name, "wb") as f:
            f.write(text)
        return subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-in", name, "-signer",
             key, "-inkey", key, "-econtent_type", OIDS[role], *more,
             "-md", "sha256", "-outform", "DER"],
            check=True, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL).stdout


def fingerprint(key):
    der = subprocess.run(["openssl", "x509", "-in", key, "-outform", "DER"],
                         check=True, stdout=subprocess.PIPE).stdout
    return hashlib.sha256(der).hexdigest()


def put(doc, changes):
    for change in changes:
        path, value = change.split("=", 1)
        at = doc
        *parents, last = path.split(".")
        for k in parents:
            at = at[int(k) if isinstance(at, list) else k]
        at[last] = json.loads(value)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("bundle")
    p.add_argument("key")
    p.add_argument("out")
    p.add_argument("--set", action="append", default=[])
    p.add_argument("--file", action="append", default=[])
    p.add_argument("--drop", action="append", default=[])
    p.add_argument("--add", action="append", default=[])
    p.add_argument("--whole", action="append", default=[])
    p.add_argument("--text", default="t")
    p.add_argument("--as", dest="role", default="prepare")
    p.add_argument("--name")
    p.add_argument("--noattr", action="store_true")
    a = p.parse_args()

    with zipfile.ZipFile(a.bundle) as z:
        held = {n: z.read(n) for n in z.namelist()}
    doc = json.loads(held.pop("manifest.json"))
    held = {n: b for n, b in held.items() if not n.startswith("sig/")}
    for change in a.file:
        name, path = change.split("=", 1)
        with open(path, "rb") as f:
            held[name] = f.read()
        for e in doc["files"]:
            if e["name"] == name:
                e["size"] = len(held[name])
                e["sha256"] = hashlib.sha256(held[name]).hexdigest()
    for name in a.drop:
        del held[name]
        doc["files"] = [e for e in doc["files"] if e["name"] != name]
    for change in a.add:
        name, path = change.split("=", 1)
        with open(path, "rb") as f:
            held[name] = f.read()
        doc["files"].append({
            "name": name, "role": "attachment", "size": len(held[name]),
            "sha256": hashlib.sha256(held[name]).hexdigest()})
        doc["files"].sort(key=lambda e: e["name"])
    if a.whole:
        whole = json.loads(held["whole/manifest.json"])
        put(whole, a.whole)
        text = canonical(whole)
        held = {n: b for n, b in held.items() if not n.startswith("whole/")}
        held["whole/manifest.json"] = text
        held["whole/prepare.%s.p7s" % fingerprint(a.key)[:16]] = sign(
            a.key, "prepare", text)
        doc["part"]["set"] = hashlib.sha256(text).hexdigest()
    put(doc, a.set)
    text = eval(a.text, {"t": canonical(doc), "re": re})
    more = [["-noattr"]] if a.noattr else []
    name = a.name or "sig/%s.%s.p7s" % (a.role, fingerprint(a.key)[:16])
    with zipfile.ZipFile(a.out, "w") as z:
        for n, b in [("manifest.json", text),
                     (name, sign(a.key, a.role, text, *more)), *held.items()]:
            i = zipfile.ZipInfo(n, (1980, 1, 1, 0, 0, 0))
            i.external_attr = 0o100600 << 16
            i.compress_type = 8 if n.endswith(".jsonl") else 0
            z.writestr(i, b)


if __name__ == "__main__":
    main()
