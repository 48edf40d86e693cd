#!/usr/bin/env python3
"""A second, slow implementation of what seki-bundle(5) says about manifest,
files and signatures, written from that page and sharing nothing with lib/.
It judges the first one.

  judge_bundle.py BUNDLE TRUST [KEY]      a bundle and a trust folder; the key
                                          and certificate that open it
  judge_bundle.py --parts MANIFEST SIGNATURE CERTIFICATE
                                          one manifest, one signature, DER
  judge_bundle.py --approval MANIFEST     prints the check code of its content

Prints what it found.  Standard library and the openssl command only.  Exit
status 0, or 1 with the reason on stderr.
"""
import base64
import datetime
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

PURPOSES = {
    "prepare": "396e492b-2652-4f77-8dee-a0a3fd001d17",
    "approve": "c423cfda-21bb-4138-a781-e7152aa852fa",
    "release": "26fb865d-f4ff-4849-95d0-40699c172cb6",
    "trust": "3249c689-adee-4dd8-a32d-b789500b3475",
    "receipt": "bc6b77f9-ee47-439b-a5ff-d517737c7c08",
    "checkpoint": "2dccdec8-9f92-475e-8fbe-a40b93dd895c",
}
OIDS = {"2.25.%d" % int(u.replace("-", ""), 16): p
        for p, u in PURPOSES.items()}

STREAM = r"[a-z0-9][a-z0-9.-]{0,63}"
ID = r"[a-z0-9][a-z0-9.-]{0,62}"
HEX = r"[0-9a-f]{64}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
PART = r"[a-z0-9][a-z0-9._-]{0,63}"
LINE = r"[^\x00-\x1f\x7f-\x9f]*"


class Refused(Exception):
    pass


def once(pairs):
    d = dict(pairs)
    if len(d) != len(pairs):
        raise Refused("a key stands twice")
    return d


def whole(text):
    n = int(text)
    if str(n) != text or not 0 <= n < 2 ** 53:
        raise Refused("a number outside the form")
    return n


def never(text):
    raise Refused("a number outside the form")


def write(v):
    """The canonical form, by hand."""
    if v is True or v is False:
        return "true" if v else "false"
    if isinstance(v, int):
        return str(v)
    if isinstance(v, str):
        out = '"'
        for c in v:
            short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t",
                     "\n": "\\n", "\f": "\\f", "\r": "\\r"}.get(c)
            if short is None and ord(c) < 0x20:
                short = "\\u%04x" % ord(c)
            out += c if short is None else short
        return out + '"'
    if isinstance(v, list):
        return "[" + ",".join(write(x) for x in v) + "]"
    if isinstance(v, dict):
        for k in v:
            if not re.fullmatch(r"[\x00-\x7e]*", k):
                raise Refused("a key that is not ASCII")
        return "{" + ",".join(write(k) + ":" + write(v[k])
                              for k in sorted(v)) + "}"
    raise Refused("a value outside the form")


def canonical(data, limit):
    if len(data) > limit:
        raise Refused("too large")
    try:
        doc = json.loads(data.decode("utf-8"), object_pairs_hook=once,
                         parse_int=whole, parse_float=never,
                         parse_constant=never)
        again = write(doc).encode("utf-8")
    except (ValueError, UnicodeError) as e:
        raise Refused("not JSON: %s" % e)
    if again != data:
        raise Refused("not in canonical form")
    return doc


def member(o, key, kind):
    v = o.pop(key, None)
    if kind is int and isinstance(v, int) and not isinstance(v, bool):
        return v
    if kind is bool and isinstance(v, bool):
        return v
    if kind in (dict, list) and isinstance(v, kind):
        return v
    if isinstance(kind, str) and isinstance(v, str):
        if not re.fullmatch(kind, v):
            raise Refused("%s: not of its form" % key)
        if kind == TIME:
            datetime.datetime.strptime(v, "%Y-%m-%dT%H:%M:%SZ")
        if kind == LINE and len(v.encode()) > 512:
            raise Refused("%s: too long" % key)
        return v
    raise Refused("%s: missing or of another type" % key)


def or_none(form):
    return "(?:%s)?" % form


def empty(o, what):
    if o:
        raise Refused("%s: unknown key %s" % (what, sorted(o)[0]))


def at_least(name, n, least):
    if n < least:
        raise Refused("%s: less than %d" % (name, least))


def check_org(code):
    s = sum(int(c) * w for c, w in zip(code, (6, 5, 4, 3, 2)))
    if int(code[5]) != (11 - s % 11) % 10:
        raise Refused("org: check digit")


def check_manifest(data):
    """Every rule of MANIFEST; the document."""
    doc = canonical(data, 1 << 20)
    m = json.loads(data)
    if m.pop("format", None) != "seki-bundle/1":
        raise Refused("another format")
    check_org(member(m, "org", r"\d{6}"))
    member(m, "stream", STREAM)
    member(m, "audience", ID)
    kind = member(m, "kind", "full|delta")
    carrier = member(m, "carrier", "media|relay")
    member(m, "prepared_by", ID)
    for key in ("title", "purpose", "class", "period"):
        member(m, key, LINE)
    member(m, "rules", or_none(HEX))
    at_least("epoch", member(m, "epoch", int), 1)
    at_least("trust", member(m, "trust", int), 1)
    seq = member(m, "seq", int)
    at_least("seq", seq, 1)
    member(m, "held", int)
    member(m, "test", bool)
    if (member(m, "prev", or_none(HEX)) == "") != (seq == 1):
        raise Refused("prev and seq do not agree")
    created, start, end = (member(m, k, TIME)
                           for k in ("created", "not_before", "expires"))
    if not (created < end and start < end):
        raise Refused("dates do not agree")
    if member(m, "next_by", or_none(TIME)) == "1970-01-01T00:00:00Z":
        raise Refused("next_by")
    check_objects(m, kind)
    check_lists(m, carrier)
    empty(m, "manifest")
    return doc


def check_objects(m, kind):
    o = member(m, "approval", dict)
    member(o, "kind", or_none("signed|recorded"))
    member(o, "number", LINE)
    member(o, "code", LINE)
    empty(o, "approval")
    o = member(m, "content", dict)
    member(o, "alg", "seki-root-1")
    member(o, "root", HEX)
    member(o, "records", int)
    if member(o, "deletes", int) and kind == "full":
        raise Refused("a full bundle deletes")
    empty(o, "content")
    o = member(m, "part", dict)
    n, of = member(o, "n", int), member(o, "of", int)
    if not 1 <= n <= of <= 99 or (member(o, "set", or_none(HEX)) == "") != (
            of == 1):
        raise Refused("part")
    empty(o, "part")
    o = member(m, "scan", dict)
    result = member(o, "result", "[a-z0-9-]{0,32}")
    w = member(o, "override", dict)
    by = member(w, "by", or_none(ID))
    if (by == "") != (member(w, "reason", LINE) == "") or by > "" == result:
        raise Refused("scan.override")
    empty(w, "scan.override")
    empty(o, "scan")
    o = member(m, "schema", dict)
    member(o, "id", "[A-Za-z0-9._-]{0,128}")
    member(o, "sha256", HEX)
    empty(o, "schema")
    o = member(m, "source", dict)
    member(o, "system", "[a-z0-9][a-z0-9-]{0,31}")
    member(o, "domain", r"[A-Za-z0-9._:\[\]-]{0,253}")
    member(o, "app", "[A-Za-z0-9._-]{0,64}")
    member(o, "attachments", "none|all")
    member(o, "query_sha256", or_none(HEX))
    for key in ("fetched_from", "fetched_to"):
        member(o, key, or_none(TIME))
    for key in ("id_min", "id_max"):
        member(o, key, r"[0-9]{0,32}")
    member(o, "total", int)
    empty(o, "source")


def check_lists(m, carrier):
    files = member(m, "files", list)
    recipients = member(m, "recipients", list)
    notes = member(m, "notes", dict)
    names = [f.get("name", "") for f in files]
    if names != sorted(set(names)):
        raise Refused("files: not sorted, or one twice")
    end = ".cms" if recipients else None
    relay = {"frame": "data/frame.jsonl",
             "list": r"data/list(?:-[1-9][0-9]{0,3})?\.bin",
             "attachment": r"[0-9a-f]{32}(?:\.[a-z0-9]{1,5})?"}
    records = 0
    for f in files:
        f = dict(f)
        role = member(f, "role", "|".join(relay) if carrier == "relay" else
                      "records|view|attachment")
        name = member(f, "name", "%s(?:/%s)?" % (PART, PART))
        member(f, "sha256", HEX)
        if member(f, "size", int) > 2 << 30:
            raise Refused("files: too large")
        empty(f, "files")
        records += role in ("records", "frame")
        good = {"records": "data/records" + (end or ".jsonl"),
                "view": "view/records" + (end or ".xlsx")}.get(role, name)
        if carrier == "media" and role == "attachment":
            good = name if name.startswith("att/") else None
            if recipients and name != "att/files.cms":
                good = None
        if carrier == "relay" and not re.fullmatch(relay[role], name):
            good = None
        if name != good:
            raise Refused("files: %s in the role %s" % (name, role))
    if records != 1:
        raise Refused("files: no records")
    if recipients != sorted(set(recipients)) or not all(
            re.fullmatch(HEX, r) for r in recipients) or len(
                recipients) > 16 or (recipients and carrier == "relay"):
        raise Refused("recipients")
    for k, v in notes.items():
        if not re.fullmatch(STREAM, k) or not isinstance(v, str):
            raise Refused("notes")


def approval_code(m):
    """The digits that bind what an approver saw."""
    source, content, scan = m["source"], m["content"], m["scan"]
    files = sum(f["role"] == "attachment" for f in m["files"])
    said = [
        "seki-approval-1", m["org"], m["stream"], m["audience"], m["kind"],
        write(m["test"]), source["system"], source["domain"], source["app"],
        content["root"], content["records"], m["held"], content["deletes"],
        source["attachments"], files, m["title"], m["purpose"], m["class"],
        m["period"], scan["result"], scan["override"]["by"],
        scan["override"]["reason"], m["notes"].get("scan", "")]
    h = hashlib.sha256()
    for s in said:
        b = str(s).encode()
        h.update(len(b).to_bytes(4, "big") + b)
    digits = "%020d" % (int.from_bytes(h.digest(), "big") % 10 ** 20)
    return "-".join(re.findall(".....", digits))


def check_approval(m):
    a = m["approval"]
    if m["part"]["of"] > 1:
        # It is about the whole.
        if a["code"]:
            raise Refused("approval: a part has a code")
        return
    if a["kind"] != "recorded":
        return
    if not a["number"] or not m["notes"].get("approver"):
        raise Refused("approval: by whom, under which number?")
    if a["code"] != approval_code(m):
        raise Refused("approval: the code is of another content")


# DER, as much of it as a signature needs.

def der(data, pos=0):
    """(tag, content, position after it)"""
    tag, n, pos = data[pos], data[pos + 1], pos + 2
    if n >= 0x80:
        size = n & 0x7f
        n = int.from_bytes(data[pos:pos + size], "big")
        pos += size
        if size == 0 or n < 0x80 or n >> (8 * (size - 1)) == 0:
            raise Refused("signature: not DER")
    if pos + n > len(data):
        raise Refused("signature: cut")
    return tag, data[pos:pos + n], pos + n


def parts(data):
    out, pos = [], 0
    while pos < len(data):
        tag, content, pos = der(data, pos)
        out.append((tag, content))
    return out


def oid(content):
    nodes, n = [], 0
    for b in content:
        n = n << 7 | b & 0x7f
        if b < 0x80:
            nodes.append(n)
            n = 0
    first = min(nodes[0] // 40, 2)
    return ".".join(map(str, [first, nodes[0] - 40 * first] + nodes[1:]))


def tags(seq, want, what):
    got = [t for t, _ in seq]
    if got != want:
        raise Refused("signature: %s: elements %s" % (what, got))


def signature_parts(data):
    """(purpose, attributes, certificates inside)"""
    outer = parts(data)
    tags(outer, [0x30], "message")
    info = parts(outer[0][1])
    tags(info, [0x06, 0xa0], "ContentInfo")
    if oid(info[0][1]) != "1.2.840.113549.1.7.2":
        raise Refused("signature: not SignedData")
    signed = parts(parts(info[1][1])[0][1])
    certs = None
    if len(signed) == 5 and signed[3][0] == 0xa0:
        certs = signed.pop(3)[1]
    tags(signed, [0x02, 0x31, 0x30, 0x31], "SignedData")
    content = parts(signed[2][1])
    tags(content, [0x06], "content")
    purpose = OIDS.get(oid(content[0][1]))
    if purpose is None:
        raise Refused("signature: no purpose of seki")
    signers = parts(signed[3][1])
    tags(signers, [0x30], "signers")
    si = parts(signers[0][1])
    if [t for t, _ in si] not in ([0x02, 0x30, 0x30, 0xa0, 0x30, 0x04],
                                  [0x02, 0x80, 0x30, 0xa0, 0x30, 0x04]):
        raise Refused("signature: SignerInfo")
    attributes = {}
    for _, a in parts(si[3][1]):
        name, values = parts(a)
        if len(parts(values[1])) != 1 or oid(name[1]) in attributes:
            raise Refused("signature: an attribute with several values")
        attributes[oid(name[1])] = parts(values[1])[0]
    return purpose, attributes, certs


def check_signature(data, signed, cert):
    """Purpose and signing time of a signature over signed by cert."""
    if len(data) > 16384:
        raise Refused("signature: too large")
    purpose, a, certs = signature_parts(data)
    if set(a) != {"1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4",
                  "1.2.840.113549.1.9.5", "1.2.840.113549.1.9.16.2.47"}:
        raise Refused("signature: attributes %s" % sorted(a))
    if OIDS.get(oid(a["1.2.840.113549.1.9.3"][1])) != purpose:
        raise Refused("signature: content-type")
    if a["1.2.840.113549.1.9.4"][1] not in (
            hashlib.sha256(signed).digest(), hashlib.sha384(signed).digest()):
        raise Refused("signature: message-digest")
    ess = parts(parts(a["1.2.840.113549.1.9.16.2.47"][1])[0][1])
    if hashlib.sha256(cert).digest() not in [c for t, c in parts(ess[0][1])
                                             if t == 0x04]:
        raise Refused("signature: certificate not bound")
    if certs is not None and certs != cert:
        raise Refused("signature: another certificate inside")
    tag, text = a["1.2.840.113549.1.9.5"]
    form = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}[tag]
    when = datetime.datetime.strptime(text.decode(), form)
    with tempfile.TemporaryDirectory() as d:
        for name, b in (("s", data), ("c", signed), ("k", cert)):
            with open(os.path.join(d, name), "wb") as f:
                f.write(b)
        subprocess.run(["openssl", "x509", "-inform", "DER", "-in", "k",
                        "-out", "p"], cwd=d, check=True)
        r = subprocess.run(
            ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
             "s", "-content", "c", "-certfile", "p", "-nointern",
             "-noverify", "-out", "/dev/null"], cwd=d,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if r.returncode != 0:
        raise Refused("signature: openssl says no")
    return purpose, when


# ENCRYPTION, by hand as far as the form goes; openssl decrypts.

ENVELOPED = "1.2.840.113549.1.9.16.1.23"
DATA = "1.2.840.113549.1.7.1"
AES_GCM = "2.16.840.1.101.3.4.1.46"
AES_WRAP = "2.16.840.1.101.3.4.1.45"
ECDH = "1.3.132.1.11.1"
EC = "1.2.840.10045.2.1"
P256 = "1.2.840.10045.3.1.7"
OAEP = "1.2.840.113549.1.1.7"
MGF1 = "1.2.840.113549.1.1.8"
SHA256 = "2.16.840.1.101.3.4.2.1"


def need(truth, what):
    if not truth:
        raise Refused("envelope: %s" % what)


def only(content, want, what):
    """Elements of just these tags."""
    seq = parts(content)
    need([t for t, _ in seq] == want, what)
    return [c for _, c in seq]


def algorithm(content, want, parameters):
    """The rest of an AlgorithmIdentifier, whose tags are one of a list."""
    seq = parts(content)
    need(seq[0][0] == 0x06 and oid(seq[0][1]) == want, "algorithm")
    need([t for t, _ in seq[1:]] in parameters, "parameters")
    return [c for _, c in seq[1:]]


def sha256(content):
    for c in algorithm(content, SHA256, [[], [0x05]]):
        need(c == b"", "NULL")


def identifier(tag, content, by_key):
    if by_key is not None and tag == by_key:
        return
    need(tag == 0x30, "identifier")
    only(content, [0x30, 0x02], "issuer and serial number")


def transport(content):
    seq = parts(content)
    need([t for t, _ in seq] in ([2, 0x30, 0x30, 4], [2, 0x80, 0x30, 4]),
         "KeyTransRecipientInfo")
    need(seq[0][1] == (b"\0" if seq[1][0] == 0x30 else b"\2"), "version")
    identifier(seq[1][0], seq[1][1], 0x80)
    param = algorithm(seq[2][1], OAEP, [[0x30]])[0]
    digest, mgf = only(param, [0xa0, 0xa1], "RSA-OAEP")
    sha256(only(digest, [0x30], "digest")[0])
    sha256(algorithm(only(mgf, [0x30], "MGF")[0], MGF1, [[0x30]])[0])
    need(384 <= len(seq[3][1]) <= 512, "length of the RSA key")


def agreement(content):
    version, origin, alg, keys = only(content, [2, 0xa0, 0x30, 0x30],
                                      "KeyAgreeRecipientInfo")
    need(version == b"\3", "version")
    alg_id, point = only(only(origin, [0xa1], "originator")[0],
                         [0x30, 0x03], "originator")
    for c in algorithm(alg_id, EC, [[], [0x05], [0x06]]):
        need(c == b"" or oid(c) == P256, "curve")
    need(len(point) == 66 and point[:2] == b"\0\4", "point")
    algorithm(algorithm(alg, ECDH, [[0x30]])[0], AES_WRAP, [[]])
    one = parts(only(keys, [0x30], "one key")[0])
    need([t for t, _ in one] in ([0x30, 4], [0xa0, 4]), "key")
    if one[0][0] == 0xa0:
        only(one[0][1], [4], "subject key identifier")
    else:
        identifier(one[0][0], one[0][1], None)
    need(len(one[1][1]) == 40, "wrapped key")


def check_envelope(data, recipients):
    outer = parts(data)
    need([t for t, _ in outer] == [0x30], "one message")
    kind, content = only(outer[0][1], [0x06, 0xa0], "ContentInfo")
    need(oid(kind) == ENVELOPED, "not AuthEnvelopedData")
    version, infos, encrypted, tag = only(
        only(content, [0x30], "content")[0], [2, 0x31, 0x30, 4],
        "AuthEnvelopedData")
    need(version == b"\0" and len(tag) == 16, "version, tag")
    seen, pos = [], 0
    while pos < len(infos):
        t, c, end = der(infos, pos)
        seen.append(infos[pos:end])
        need(t in (0x30, 0xa1), "kind of recipient")
        (transport if t == 0x30 else agreement)(c)
        pos = end
    need(seen == sorted(set(seen)), "order of the recipients")
    need(len(seen) == len(recipients), "number of recipients")
    kind, alg, _ = only(encrypted, [0x06, 0x30, 0x80], "content info")
    need(oid(kind) == DATA, "content type")
    nonce, size = only(algorithm(alg, AES_GCM, [[0x30]])[0], [4, 2], "GCM")
    need(len(nonce) == 12 and size == b"\x10", "nonce, size of the tag")


def decrypt(data, key):
    with tempfile.TemporaryDirectory() as d:
        name = os.path.join(d, "e")
        with open(name, "wb") as f:
            f.write(data)
        r = subprocess.run(
            ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in",
             name, "-inkey", key, "-recip", key],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    need(r.returncode == 0, "openssl does not open it")
    return r.stdout


def open_sealed(m, files, key):
    """What would lie in the bundle in the clear, by name, and the root."""
    clear = {}
    with open(key, "rb") as f:
        pem = f.read()
    cert = subprocess.run(["openssl", "x509", "-outform", "DER"], input=pem,
                          check=True, stdout=subprocess.PIPE).stdout
    if hashlib.sha256(cert).hexdigest() not in m["recipients"]:
        raise Refused("the key is not among the recipients")
    may = {"data/records.cms": r"data/records\.jsonl|root|pad",
           "view/records.cms": r"view/records\.xlsx|pad",
           "att/files.cms": "att/%s|pad" % HEX}
    for name, data in files.items():
        check_envelope(data, m["recipients"])
        archive = decrypt(data, key)
        if len(archive) % 4096:
            raise Refused("%s: its size tells of what is in it" % name)
        with zipfile.ZipFile(io.BytesIO(archive)) as z:
            names = z.namelist()
            if len(names) != len(set(names)) or not all(
                    re.fullmatch(may[name], n) for n in names):
                raise Refused("%s: names inside" % name)
            if name == "data/records.cms" and names[0] != "root":
                raise Refused("%s: root is not the first" % name)
            clear.update((n, z.read(n)) for n in names if n != "pad")
    roots = clear.pop("root")
    if len(roots) != (96 if m["part"]["of"] > 1 else 64) or hashlib.sha256(
            b"\3" + roots[:64]).hexdigest() != m["content"]["root"]:
        raise Refused("the root inside, blinded, is not the signed one")
    return clear, roots


def state(m, records):
    """The proof at the end, of the kind that belongs there."""
    done = json.loads(records.decode().split("\n")[-2])["value"]["complete"]
    if done["kind"] != ("part" if m["part"]["of"] > 1 else m["kind"]):
        raise Refused("STATE: of the kind " + done["kind"])
    return done


def check_sealed(m, files, key):
    clear, roots = open_sealed(m, files, key)
    root = roots[32:64].hex()
    records = clear.pop("data/records.jsonl")
    if state(m, records)["root"] != root:
        raise Refused("the root inside is not that of the records")
    clear.pop("view/records.xlsx", None)
    for name, data in clear.items():
        if hashlib.sha256(data).hexdigest() != name[4:]:
            raise Refused("%s: another digest" % name)
    m = dict(m, files=[{"name": n, "role": "attachment", "size": len(d),
                        "sha256": n[4:]} for n, d in clear.items()])
    check_attachments(m, records)
    check_blinded(dict(m, content=dict(m["content"], root=root)), roots[:32])
    print("opened, root %s" % root)


def check_blinded(m, blind):
    """The approval of an encrypted bundle, with true root and attachments."""
    code = approval_code(m)
    if m["approval"]["code"] == hashlib.sha256(
            b"\3" + blind + hashlib.sha256(code.encode()).digest()
            ).hexdigest():
        m = dict(m, approval=dict(m["approval"], code=code))
    check_approval(m)


def newest_trust(folder):
    n = max(int(f[:-5]) for f in os.listdir(folder)
            if re.fullmatch(r"[1-9][0-9]*\.json", f))
    with open(os.path.join(folder, "%d.json" % n), "rb") as f:
        return canonical(f.read(), 262144)


def named(value):
    """Every file in a record, as (digest, size), in tables too."""
    if isinstance(value, dict):
        if set(value) == {"name", "size", "contentType", "sha256"}:
            yield value["sha256"], int(value["size"])
        value = list(value.values())
    if isinstance(value, list):
        for v in value:
            yield from named(v)


def check_attachments(m, records):
    """What the records name and what is there are the same."""
    want = set()
    if m["source"]["attachments"] == "all":
        for line in records.decode().splitlines():
            message = json.loads(line)
            if message["type"] == "RECORD":
                want |= set(named(message["record"]))
    have = {(f["sha256"], f["size"]) for f in m["files"]
            if f["role"] == "attachment" and f["name"] == "att/" + f["sha256"]}
    if have != want or len(have) != sum(
            f["role"] == "attachment" for f in m["files"]):
        raise Refused("attachments: %d named, %d there" % (
            len(want), len(have)))


def signers(sigs, data, folder):
    """All of them hold over data: name, purpose, key and time of each."""
    trust = newest_trust(folder)
    out = []
    if not sigs:
        raise Refused("no signature")
    for n, b in sorted(sigs.items()):
        for key in trust["keys"]:
            cert = base64.b64decode(key["certificate"], validate=True)
            try:
                out.append((n, key, *check_signature(b, data, cert)))
                break
            except Refused as e:
                why = e
        else:
            raise Refused("%s: %s" % (n, why))
    return out


def check_signatures(sigs, data, folder):
    """As above; prints who signed."""
    for n, key, purpose, when in signers(sigs, data, folder):
        print("%s %s by %s at %sZ" % (n, purpose, key["owner"],
                                      when.isoformat()))
    print("manifest %s" % hashlib.sha256(data).hexdigest())


def whole_of(m, entries):
    """Manifest and signatures of the whole, which only a part has."""
    there = {n: b for n, b in entries.items() if n.startswith("whole/")}
    if m["part"]["of"] == 1:
        if there:
            raise Refused("%s, and it is no part" % sorted(there)[0])
        return None, {}
    data = there.pop("whole/manifest.json", b"")
    for n in there:
        if not re.fullmatch(r"whole/[a-z]+\.[0-9a-f]{16}\.p7s", n):
            raise Refused("%s: no name of a signature" % n)
    if hashlib.sha256(data).hexdigest() != m["part"]["set"]:
        raise Refused("whole/manifest.json is not the one of part.set")
    return data, there


def take(path):
    """The manifest and all entries of an archive, which are those listed."""
    with zipfile.ZipFile(path) as z:
        names = z.namelist()
        if len(names) != len(set(names)) or names[0] != "manifest.json":
            raise Refused("names")
        for i in z.infolist():
            if i.filename.startswith("whole/") and i.compress_type:
                raise Refused("%s: not stored" % i.filename)
        entries = {n: z.read(n) for n in names}
    m = check_manifest(entries["manifest.json"])
    if not m["recipients"]:
        check_approval(m)
    listed = {f["name"]: f for f in m["files"]}
    rest = [n for n in names if n != "manifest.json" and
            not n.startswith(("sig/", "whole/", "trust/"))]
    if sorted(rest) != sorted(listed):
        raise Refused("files: listed and present differ")
    for n in rest:
        b = entries[n]
        if (len(b), hashlib.sha256(b).hexdigest()) != (
                listed[n]["size"], listed[n]["sha256"]):
            raise Refused("%s: not the signed one" % n)
    return m, entries


def check_bundle(path, folder, key=None):
    m, entries = take(path)
    if "data/records.jsonl" in entries:
        check_attachments(m, entries["data/records.jsonl"])
        state(m, entries["data/records.jsonl"])
    check_signatures({n: b for n, b in entries.items()
                      if n.startswith("sig/")}, entries["manifest.json"],
                     folder)
    data, sigs = whole_of(m, entries)
    if data is not None:
        signers(sigs, data, folder)
    sealed = {f["name"]: entries[f["name"]] for f in m["files"]
              if m["recipients"]}
    for b in sealed.values():
        check_envelope(b, m["recipients"])
    if sealed and key is not None:
        check_sealed(m, sealed, key)
    print("root %s records %d files %d" % (
        m["content"]["root"], m["content"]["records"], len(m["files"])))


def read(path):
    with open(path, "rb") as f:
        return f.read()


def main(argv):
    try:
        if argv[1:2] == ["--parts"] and len(argv) == 5:
            data, sig, cert = map(read, argv[2:])
            check_manifest(data)
            purpose, when = check_signature(sig, data, cert)
            print("%s at %sZ" % (purpose, when.isoformat()))
        elif argv[1:2] == ["--approval"] and len(argv) == 3:
            m = check_manifest(read(argv[2]))
            print(approval_code(m))
            check_approval(m)
        elif len(argv) in (3, 4):
            check_bundle(*argv[1:])
        else:
            sys.exit(__doc__)
    except Refused as e:
        sys.exit("judge_bundle: %s" % e)
    except (IndexError, KeyError, ValueError, zipfile.BadZipFile) as e:
        sys.exit("judge_bundle: malformed: %r" % e)


if __name__ == "__main__":
    main(sys.argv)
