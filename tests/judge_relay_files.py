"""What was delivered, for judge_relay.py: workbook, signature text, files."""
import hashlib
import io
import os
import zipfile

import judge_bundle
import judge_relay_list as lists
from judge_relay_book import Book, Refused

SEAL = "署名"


def passed_over(name):
    return name.startswith((".", "~$")) or name in ("Thumbs.db",
                                                    "desktop.ini")


def delivered(path):
    """Name to bytes of what came."""
    if os.path.isdir(path):
        return {n: judge_bundle.read(os.path.join(path, n))
                for n in os.listdir(path) if not passed_over(n)}
    data = judge_bundle.read(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            if "[Content_Types].xml" in z.namelist():
                return {"": data}
            return {n: z.read(n) for n in z.namelist()
                    if not passed_over(n)}
    except (zipfile.BadZipFile, RuntimeError) as e:
        raise Refused("zip", str(e))


def called(n, files):
    """As a text of ours: signature.txt, or as a workbook."""
    base = os.path.basename(n)
    books = {base[:-4] + ".xlsx", base[:-4] + ".xlsm"}
    return base.lower() == "signature.txt" or \
        any(os.path.basename(b) in books for b in files)


def texts(files, c=None, named=False):
    """What text files add to the cells of a signature."""
    c = c or lists.Chunks()
    for ours in (True,) if named else (True, False):
        own = lists.Chunks()
        for n, data in files.items():
            if n.lower().endswith(".txt") and called(n, files) == ours:
                for line in data.decode("utf-8", "replace").split("\n"):
                    c.take(line)
                    own.take(line)
        if own.any():
            break
    return c


def taken(path):
    """The workbook, its manifest and archive, and what lies beside it."""
    files = delivered(path)
    books, chunks = {}, {}
    for n, data in files.items():
        if not n or n.lower().endswith((".xlsx", ".xlsm")):
            books[n] = Book(io.BytesIO(data))
    for n, book in books.items():
        c = chunks[n] = lists.Chunks()
        for t in book.texts(SEAL):
            c.take(t)
        for t in book.texts() if not c.whole() else ():
            c.take(t)
    own = [n for n in books if os.path.basename(n).lower() == "records.xlsx"]
    signed = [n for n in books if chunks[n].any()]
    if len(own) == 1 and texts(files, named=True).any():
        signed.append(own[0])
    if not signed and (list(files) == [""] or texts(files).any()):
        signed = list(books)
    signed = sorted(set(own) & set(signed)) or signed
    if len(signed) != 1:
        raise Refused("zip", "%d workbooks" % len(signed))
    c = chunks[signed[0]]
    if not c.whole():
        texts(files, c)
    files.pop(signed[0])
    return books[signed[0]], lists.archive(c.bytes()), files


def bound(m, parts):
    """Frame and record lists are those of the manifest."""
    listed = {f["name"]: f for f in m["files"]
              if f["role"] != "attachment"}
    there = [n for n in parts if not n.startswith(("sig/", "whole/")) and
             n != "manifest.json"]
    if sorted(listed) != sorted(there):
        raise Refused("manifest", "files: listed and present differ")
    for n in there:
        if hashlib.sha256(parts[n]).hexdigest() != listed[n]["sha256"] or \
                len(parts[n]) != listed[n]["size"]:
            raise Refused("digest", n)


def attached(m, files):
    digests = {hashlib.sha256(b).hexdigest() for b in files.values()}
    for f in m["files"]:
        if f["role"] != "attachment" or f["sha256"] in digests:
            continue
        raise Refused("digest", "attachment %s %s" % (
            f["name"], "came back changed" if f["name"] in files
            else "is missing"))
