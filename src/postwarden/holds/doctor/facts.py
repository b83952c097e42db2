"""What the servers' own configuration says, as far as it decides whether held means held (pure values)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Passdb:
    """A password database of Dovecot, in the order in which they are asked.

    Attributes:
        driver: such as "sql" or "oauth2".
        args: such as the path of its look-up.
        success: its result_success.
        master: whether it is for master users.
        fields: its default and override fields, as one text.
    """

    driver: str
    args: str = ""
    success: str = "return-ok"
    master: bool = False
    fields: str = ""


@dataclass(frozen=True, slots=True)
class DovecotFacts:
    """What `doveconf` prints.

    Attributes:
        settings: outside of every block.
        passdbs: in order.
        plugins: mail_plugins of all protocols together, and the keys of plugin {}.
        namespaces: the types of its namespaces.
        penalty: whether failed logins slow down others behind the same address.
        hibernates: whether idle IMAP sessions are hibernated.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    passdbs: tuple[Passdb, ...] = ()
    plugins: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    penalty: bool = False
    hibernates: bool = False


@dataclass(frozen=True, slots=True)
class SmtpService:
    """An smtpd of master.cf.

    Attributes:
        name: such as "submission" or "127.0.0.1:587".
        type: of transport: inet, unix or pass.
        settings: what is in force there: master.cf's -o before main.cf's.
    """

    name: str
    type: str
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PostfixFacts:
    """What `postconf` prints: the settings of main.cf with defaults, and the smtpd services."""

    settings: Mapping[str, str] = field(default_factory=dict)
    services: tuple[SmtpService, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectionFacts:
    """The file that servers read: its permission bits, and those of its folder; None where missing."""

    mode: int | None = None
    folder_mode: int | None = None
