"""Whatever is sent, the service answers as it is described and never with a fault of its own."""

import asyncio
import json
import random
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from amends.store.embedded import EmbeddedPostgres
from amends.store.migrate import migrate
from amends.web.app import Application, openapi
from amends.web.desk import Desk
from tests.http.stories import BUYER, opening, order
from tests.support.api import KEY, desk_on_postgres, put_people
from tests.support.database import fresh_database, template_database
from tests.support.shops import ManualClock

ACTORS = ("buyer/b42", "merchant/1001/li", "platform/gao", "platform/bai", "system")


@pytest.fixture(scope="module")
def address(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server over a real database: what they make of a request is part of what is tried."""
    folder = tmp_path_factory.mktemp("data")
    with (
        fresh_database(postgres, template_database(postgres, "migrated", migrate)) as dsn,
        socket.socket() as listening,
    ):

        @asynccontextmanager
        async def open_desk() -> AsyncIterator[Desk]:
            async with desk_on_postgres(dsn, folder, ManualClock()) as (desk, _):
                await put_people(desk)
                yield desk

        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(Application(open_desk), log_level="warning", http="httptools"))
        thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listening]),), daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            threading.Event().wait(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def known(address: str) -> Mapping[str, str]:
    """An order and a case to hit; most of what is made up would miss."""
    headers = {"authorization": f"Bearer {KEY}", "amends-actor": BUYER}
    with httpx2.Client(base_url=address, headers=headers) as client:
        client.post("/v1/orders", json=order(), headers={"amends-actor": "system"}).raise_for_status()
        case_id = client.post("/v1/cases", json=opening()).raise_for_status().json()["case_id"]
    return {"case_id": case_id, "merchant_id": "1001", "order_no": "o1"}


schema = schemathesis.openapi.from_dict(json.loads(openapi())).exclude(path=["/v1/live", "/v1/demo/clock"])


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call_answers_as_described_whatever_is_sent(
    case: schemathesis.Case, address: str, known: Mapping[str, str]
):
    chance = random.Random(case.as_curl_command())
    for name in case.path_parameters or {}:
        if name in known and chance.random() < 0.7:
            case.path_parameters[name] = known[name]
    case.headers["Authorization"] = f"Bearer {KEY}"
    if chance.random() < 0.9:
        case.headers["Amends-Actor"] = chance.choice(ACTORS)
    case.call_and_validate(
        base_url=address,
        checks=[not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance],
    )
