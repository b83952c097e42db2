"""Rows of build/crash.json."""


def measured(name, value, unit=""):
    """Give a row without a target."""
    return {"name": name, "value": value, "unit": unit, "target": None, "ok": True}


def at_least(name, value, least):
    """Give a row whose value must not be less."""
    return {"name": name, "value": value, "unit": "", "target": least, "ok": value >= least}


def at_most(name, value, most):
    """Give a row whose value must not be more."""
    return {"name": name, "value": value, "unit": "", "target": most, "ok": value <= most}
