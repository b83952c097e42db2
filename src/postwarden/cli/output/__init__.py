"""How findings are told: to programs (jsonl, csv) and to people (terminal, HTML report).

Purpose: one set of facts, four forms; equal input gives equal bytes.
Input: findings and their summary. Output: text on a stream the caller opened.
Promise: hostile text (escape sequences, bidirectional overrides, line breaks, formulas, markup)
never reaches a terminal, a spreadsheet or a page raw.
"""
