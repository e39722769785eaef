"""The ban on the outside world works; otherwise its silence would prove nothing."""

import asyncio
import socket

import pytest

from tests.support.network import LeftTheMachine


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.com", 443), ("10.0.0.1", 5432)])
def test_a_test_cannot_reach_beyond_this_machine(address):
    with socket.socket() as connecting, pytest.raises(LeftTheMachine, match=address[0]):
        connecting.connect(address)


def test_neither_by_ipv6_nor_without_waiting_nor_asynchronously():
    with socket.socket(socket.AF_INET6) as connecting, pytest.raises(LeftTheMachine):
        connecting.connect_ex(("2001:db8::1", 80))
    with pytest.raises(LeftTheMachine):
        asyncio.run(asyncio.open_connection("192.0.2.1", 80))


def test_loopback_stays_open():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        socket.create_connection(listening.getsockname(), timeout=5).close()
