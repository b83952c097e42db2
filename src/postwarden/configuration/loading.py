"""Reading the file, and saying what is wrong with it.

ConfigurationError   the file is missing, is no TOML, or a key in it is not usable
"""

import json
import os
import tomllib
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from postwarden.configuration.models import Configuration, File
from postwarden.vocabulary import PostwardenError

DEFAULT_FILE = "postwarden.toml"

_MOST_SHOWN = 40
_REMEDIES = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not a key Postwarden knows; remove it or mend its spelling",
    "list_type": "write a list such as [{0}]",
    "frozen_set_type": "write a list such as [{0}]",
    "string_type": "write a text in quotes, not {0}",
    "int_type": "write a whole number, not {0}",
    "int_parsing": "write a whole number, not {0}",
    "int_from_float": "write a whole number, not {0}",
    "bool_type": "write true or false, not {0}",
    "bool_parsing": "write true or false, not {0}",
    "dict_type": 'write a table such as {{ key = "value" }}, not {0}',
    "model_type": 'write a table such as {{ key = "value" }}, not {0}',
    "model_attributes_type": 'write a table such as {{ key = "value" }}, not {0}',
}


class ConfigurationError(PostwardenError):
    """The configuration cannot be used; the text names file, key and remedy."""


def load(path: str = DEFAULT_FILE) -> Configuration:
    """Read and validate the file; raise `ConfigurationError` with every fault in it."""
    file = os.path.abspath(path)
    try:
        with open(file, "rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file; `postwarden init` writes one, -c FILE names another"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from error
    base = os.path.dirname(file)
    try:
        model = File.model_validate(document, context={"base": base})
    except ValidationError as error:
        raise ConfigurationError(_sentences(path, error)) from None
    return model.configuration(file, base)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the file, with a description of every key."""
    return File.model_json_schema()


def _sentences(path: str, error: ValidationError) -> str:
    return "\n".join(f"{path}: {_key(fault)}: {_remedy(fault)}" for fault in error.errors())


def _key(fault: ErrorDetails) -> str:
    parts: list[str] = []
    for place in fault["loc"]:
        if isinstance(place, int):
            parts[-1:] = [f"{parts[-1] if parts else ''}[{place + 1}]"]
        else:
            parts.append(str(place))
    return ".".join(parts) or "the file"


def _remedy(fault: ErrorDetails) -> str:
    kind = fault["type"]
    if kind == "literal_error":
        choices = fault["ctx"]["expected"].replace("'", '"')
        return f"write {choices}, not {_shown(fault['input'])}"
    if kind in _REMEDIES:
        return _REMEDIES[kind].format(_shown(fault["input"]))
    return str(fault["msg"]).removeprefix("Value error, ")


def _shown(value: object) -> str:
    """Give a value as TOML would have it, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
