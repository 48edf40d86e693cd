#!/usr/bin/env python3
"""Every cell of a workbook's first sheet, as openpyxl reads it with the least
memory; bench.sh measures seki-read beside it."""
import sys

import openpyxl

cells = 0
for row in openpyxl.load_workbook(
        sys.argv[1], read_only=True).worksheets[0].iter_rows(values_only=True):
    cells += len(row)
print(cells)
