#!/usr/bin/env python3
"""The same as bench_xlsx.c with XlsxWriter's constant_memory: CELLS FILE.xlsx"""
import sys

import xlsxwriter

book = xlsxwriter.Workbook(sys.argv[2], {"constant_memory": True})
text = book.add_format({"num_format": "@"})
sheet, row, col, rest = None, 0, 0, b""
with open(sys.argv[1], "rb") as f:
    while chunk := f.read(1 << 20):
        *cells, rest = (rest + chunk).split(b"\0")
        for c in cells:
            if sheet is None or row == 65000:
                sheet, row = book.add_worksheet(), 0
            if c == b"\1":
                row, col = row + 1, 0
                continue
            if c[:1] == b"n":
                sheet.write_number(row, col, float(c[1:]))
            elif c:
                sheet.write_string(row, col, c[1:].decode(), text)
            col += 1
book.close()
