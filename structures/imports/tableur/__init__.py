"""Any spreadsheet: read row by row in bounded memory, understood through a remembered mapping of its columns."""
