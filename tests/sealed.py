#!/usr/bin/env python3
"""What tests do to encrypted bundles, with the openssl command for judge.

  sealed.py open BUNDLE NAME KEY OUT     what is in the envelope NAME
  sealed.py make IN OUT CERT... [-- OPTION...]
                                         an envelope; other openssl options
  sealed.py zip OUT NAME=PATH... [pad]   a narrow archive, .jsonl deflated;
                                         filled to a multiple of 4096
  sealed.py entry ZIP NAME               one entry, on standard output
  sealed.py flip FILE AT                 one bit, AT bytes from front or end
  sealed.py envelope BUNDLE NAME OUT     the envelope itself

KEY holds the private key and its certificate.
"""
import io
import subprocess
import sys
import tempfile
import zipfile

GOOD = ["-binary", "-outform", "DER", "-aes-256-gcm"]


def openssl(*args):
    subprocess.run(["openssl", "cms", *args], check=True,
                   stderr=subprocess.DEVNULL)


def entry(path, name):
    with zipfile.ZipFile(path) as z:
        return z.read(name)


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files.items():
            i = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            i.external_attr = 0o100600 << 16
            i.compress_type = 8 if name.endswith(".jsonl") else 0
            z.writestr(i, data)
    return out.getvalue()


def rsa(cert):
    text = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-text"],
                          check=True, stdout=subprocess.PIPE).stdout
    return b"rsaEncryption" in text


def recipient(cert):
    if rsa(cert):
        return ["-recip", cert, "-keyopt", "rsa_padding_mode:oaep", "-keyopt",
                "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256"]
    return ["-recip", cert, "-keyopt", "ecdh_kdf_md:sha256"]


def main(what, *a):
    if what == "open":
        with tempfile.NamedTemporaryFile() as t:
            put(t.name, entry(a[0], a[1]))
            openssl("-decrypt", "-binary", "-inform", "DER", "-in", t.name,
                    "-inkey", a[2], "-recip", a[2], "-out", a[3])
    elif what == "make":
        a = list(a)
        options = GOOD
        if "--" in a:
            at = a.index("--")
            a, options = a[:at], a[at + 1:]
        certs = sum((recipient(c) for c in a[2:]), [])
        openssl("-encrypt", "-in", a[0], "-out", a[1], *options, *certs)
    elif what == "zip":
        pairs = [p.split("=", 1) for p in a[1:] if p != "pad"]
        files = {name: read(path) for name, path in pairs}
        if len(pairs) < len(a) - 1:
            files["pad"] = b""
            files["pad"] = bytes(-len(archive(files)) % 4096)
        put(a[0], archive(files))
    elif what == "entry":
        sys.stdout.buffer.write(entry(a[0], a[1]))
    elif what == "envelope":
        put(a[2], entry(a[0], a[1]))
    elif what == "flip":
        with open(a[0], "rb") as f:
            data = bytearray(f.read())
        data[int(a[1])] ^= 1
        put(a[0], data)
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
