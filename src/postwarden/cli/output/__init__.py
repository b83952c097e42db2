"""How findings are told: to programs (jsonl, csv) and to people (terminal, HTML report).

Purpose: one set of facts, four forms; equal input gives equal bytes.
Input: findings and their summary. Output: text on a stream the caller opened.
Promise: hostile text (escape sequences, bidirectional overrides, line breaks, formulas, markup)
never reaches a terminal, a spreadsheet or a page raw.
"""

from postwarden.cli.output.csv import write_csv
from postwarden.cli.output.html import write_html
from postwarden.cli.output.jsonl import write_jsonl
from postwarden.cli.output.text import print_text

__all__ = ["print_text", "write_csv", "write_html", "write_jsonl"]
