#!/usr/bin/env python3
"""mkapp.py DIR FORM MODIFIER RECORD...

An app for seki-cloud --load: FORM and RECORD as mkform.py has them, beside the
number and the times that every app has; MODIFIER is who changed the form."""
import json
import os
import sys

import mkform

folder, form, modifier, records = sys.argv[1], sys.argv[2], sys.argv[3], \
    sys.argv[4:]
fields = [f for f in mkform.words(form) if f[0][0] != "$"]
own = [("番号", "RECORD_NUMBER", "番号", None),
       ("更新日時", "UPDATED_TIME", "更新日時", None)]


def prop(code, kind, label, sub):
    p = {"type": kind, "code": code, "label": label, "noLabel": False}
    if sub is not None:
        p["fields"] = {f[0]: prop(*f) for f in sub}
    return p


def place(code, kind, label, sub):
    if sub is None:
        return {"type": "ROW", "fields": [{"type": kind, "code": code}]}
    return {"type": "SUBTABLE", "code": code,
            "fields": [{"type": f[1], "code": f[0]} for f in sub]}


def value(kind, sub, v):
    if sub is not None:
        v = [{"id": str(n), "value": {f[0]: value(f[1], None, r.get(f[0]))
                                      for f in sub}}
             for n, r in enumerate(v or [], 101)]
    return {"type": kind, "value": v}


def record(text):
    key, rest = text.split(" ", 1)
    given = json.loads(rest)
    r = {"$id": {"type": "__ID__", "value": key},
         "$revision": {"type": "__REVISION__", "value": "1"},
         "番号": {"type": "RECORD_NUMBER", "value": key},
         "更新日時": {"type": "UPDATED_TIME", "value": "2026-04-01T00:00:00Z"}}
    for code, kind, _, sub in fields:
        r[code] = value(kind, sub, given.get(code))
    return r


def write(name, doc):
    with open(os.path.join(folder, name), "w") as f:
        json.dump(doc, f, ensure_ascii=False)


os.makedirs(folder, exist_ok=True)
write("app.json", {
    "appId": "1", "code": "", "name": "相談", "description": "",
    "createdAt": "2026-04-01T00:00:00.000Z",
    "creator": {"code": "admin", "name": "管理者"},
    "modifiedAt": "2026-11-20T01:30:00.000Z",
    "modifier": {"code": "tanaka", "name": modifier},
    "spaceId": None, "threadId": None})
write("form-fields.json", {"properties": {f[0]: prop(*f)
                                          for f in own + fields},
                           "revision": str(len(form))})
write("form-layout.json", {"layout": [place(*f) for f in own + fields],
                           "revision": str(len(form))})
write("records.json", {"records": [record(r) for r in records],
                       "totalCount": None})
