#!/usr/bin/env python3
"""Every cell of a workbook, as openpyxl reads it with the least memory; bench.sh
measures seki-read and seki-verify beside it."""
import sys

import openpyxl

cells = 0
for sheet in openpyxl.load_workbook(sys.argv[1], read_only=True).worksheets:
    for row in sheet.iter_rows(values_only=True):
        cells += len(row)
print(cells)
