"""postwarden.toml of small providers, for tests that need one and care little which."""

SMALL = """\
[provider]
name = "Example Mail"
domains = ["example.net"]
[[stores]]
name = "store1"
driver = "maildir"
path = "vmail/{domain}/{local}/Maildir"
[[directories]]
accounts = { format = "dovecot-passwd", path = "users" }
"""

TWO_ORGANISATIONS = (
    SMALL.replace('["example.net"]', '["example.net", "brand.example"]')
    + """\
[[organisations]]
name = "home"
full_name = "Example Mail"
domains = ["example.net"]
[[organisations]]
name = "brand"
full_name = "Brand Mail"
domains = ["brand.example"]
"""
)
