"""`postwarden policy`: what Dovecot asks at each login."""

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile
from postwarden.configuration import load
from postwarden.lines import write_lines
from postwarden.policy import serve


def policy(config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Tell Dovecot at each login whether the account is held, until SIGTERM or Ctrl-C."""
    configuration = load(config)
    write_lines("policy", configuration.log_style)
    serve(configuration.holds)
