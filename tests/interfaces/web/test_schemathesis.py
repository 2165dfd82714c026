"""The API as schemathesis sees it: whatever is sent, no fault of ours, no answer the description does not name."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from einvoice.interfaces.web import limits
from tests.interfaces.web.test_api import token
from tests.interfaces.web.town import Site, site
from tests.parts import FULL, rounds

CASES = 500 if FULL else rounds(6, 12)
"""Cases of each of the fourteen operations."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patched:
        from einvoice.interfaces.api import bearer

        patched.setattr(bearer, "API", limits.Rate(1_000_000, 60))
        with site(tmp_path_factory.mktemp("api")) as made:
            yield made


@settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
@given(data=strategies.data())
def _tried(operation: Any, secret: str, data: strategies.DataObject) -> None:
    case = data.draw(operation.as_strategy())
    headers = {"authorization": f"Bearer {secret}", "host": "127.0.0.1"}
    answer = case.call(headers=headers, timeout=300)  # a limited process may take long to start
    case.validate_response(answer, checks=(not_a_server_error,))
    assert answer.status_code < 500
    assert str(answer.status_code) in operation.definition.raw["responses"], answer.status_code


def test_whatever_is_sent(here: Site) -> None:
    secret = token(here, "upload", "read", "batches")
    described = schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", here.app, headers={"host": "127.0.0.1"}
    )
    operations = [one.ok() for one in described.get_all_operations() if isinstance(one, Ok)]
    assert len(operations) == 14
    for operation in operations:
        _tried(operation, secret)
