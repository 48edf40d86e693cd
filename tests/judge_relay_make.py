"""The other direction for judge_relay.py: what stands in 署名, from a stream."""
import base64
import hashlib
import io
import os
import subprocess
import tempfile
import zipfile

import judge_bundle
import judge_relay_list as lists


def save(parts, folder):
    for name, data in parts.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)


def manifest(fields, parts, root):
    """The canonical bytes, with what the stream decides."""
    m = dict(fields)
    counts = root.counts()
    attachments = [f for f in m.get("files", ())
                   if f["role"] == "attachment"]
    m["files"] = sorted(attachments + [
        {"name": n, "role": "frame" if n == "data/frame.jsonl" else "list",
         "size": len(b), "sha256": hashlib.sha256(b).hexdigest()}
        for n, b in parts.items()], key=lambda f: f["name"])
    m["content"] = {"alg": "seki-root-1", "root": counts["root"],
                    "records": counts["records"],
                    "deletes": counts["deleted"]}
    m["held"] = counts["held"]
    m["schema"] = dict(m["schema"], sha256=root.digest.hex())
    data = judge_bundle.write(m).encode()
    judge_bundle.check_manifest(data)
    return data


def signed(data, key):
    """Name and bytes of the signature of who prepared it."""
    oid = {p: o for o, p in judge_bundle.OIDS.items()}["prepare"]
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "m")
        with open(path, "wb") as f:
            f.write(data)
        sig = subprocess.run(
            ["openssl", "cms", "-sign", "-cades", "-nosmimecap", "-binary",
             "-md", "sha256", "-outform", "DER", "-signer", key, "-in", path,
             "-econtent_type", oid], check=True, capture_output=True).stdout
    pem = judge_bundle.read(key).decode()
    der = base64.b64decode(pem.split("-----BEGIN CERTIFICATE-----")[1].split(
        "-----END")[0])
    return "sig/prepare.%s.p7s" % hashlib.sha256(der).hexdigest()[:16], sig


def packed(parts):
    """An archive in the profile of seki-bundle(5)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in parts.items():
            z.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def make(stream, fields, folder, key=None):
    made, root = lists.parts_of(judge_bundle.read(stream))
    data = manifest(judge_bundle.canonical(judge_bundle.read(fields), 1 << 20),
                    made, root)
    parts = {"manifest.json": data}
    if key:
        name, sig = signed(data, key)
        parts[name] = sig
    parts.update(made)
    save(parts, folder)
    if key:
        with open(os.path.join(folder, "署名.txt"), "w", encoding="utf-8") as f:
            f.write("\n".join(lists.spelt(packed(parts))) + "\n")
