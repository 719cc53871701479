"""
Tables out of CSV, ODS and XLSX, none of which is trusted.

A workbook is a zip of XML that can claim a billion rows in a hundred bytes, and the library
that reads it (python-calamine) allocates what the file claims; when memory runs out it aborts
the interpreter, which no handler can catch. So nothing reaches it unseen: `archive` inflates
the few members that matter under a limit, `survey` walks their XML and measures what they
declare, and `workbook` hands the library a fresh archive that holds exactly what was measured.
"""
