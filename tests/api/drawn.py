"""Requests drawn from the OpenAPI document. Loading this takes a second, which only its one test needs."""

import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
FEW = settings(
    max_examples=3,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


def operations():
    """Give what the document offers."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    return [one.ok() for one in schema.get_all_operations()]


def answered(operation, program, names):
    """Send what the document lets one send, and what it does not; give the statuses of the answers."""
    statuses = set()

    @given(case=operation.as_strategy())
    @FEW
    def send(case):
        for name in names.keys() & case.path_parameters.keys():
            case.path_parameters[name] = names[name]
        answer = case.call(headers={"Authorization": f"Bearer {program.token}"})
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    send()
    return statuses
