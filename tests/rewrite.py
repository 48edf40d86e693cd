#!/usr/bin/env python3
"""rewrite.py IN.xlsx OUT.xlsx: opened and saved by openpyxl.  2 without it."""
import sys
import warnings

try:
    import openpyxl
except ImportError:
    sys.exit(2)
warnings.simplefilter("ignore")
openpyxl.load_workbook(sys.argv[1]).save(sys.argv[2])
