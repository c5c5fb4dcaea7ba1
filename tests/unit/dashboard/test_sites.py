"""Which pages may talk to a dashboard."""

import socket

import pytest

from wm_robot.dashboard.sites import from_own_page, names_this_machine
from wm_robot.dashboard.subject import Address

LOCAL = Address(host="127.0.0.1", port=8080)


def test_whoever_is_no_browser_and_the_page_itself_may():
    assert from_own_page({"Host": "127.0.0.1:8080"}, LOCAL)
    assert from_own_page({"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8080"}, LOCAL)


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "http://127.0.0.1:9000", "null", ""])
def test_a_page_of_another_site_or_port_may_not(origin):
    assert not from_own_page({"Host": "127.0.0.1:8080", "Origin": origin}, LOCAL)


@pytest.mark.parametrize("host", ["localhost:8080", "192.168.0.7:8080", "[::1]:8080", "Robot.lan:8080"])
def test_this_machine_is_known_by_its_addresses_and_the_name_it_is_served_at(host):
    assert names_this_machine(host, Address(host="robot.lan", port=8080))
    assert names_this_machine(socket.gethostname(), LOCAL)


@pytest.mark.parametrize("host", ["elsewhere.example:8080", "127.0.0.1.elsewhere.example", "", "[::"])
def test_a_name_that_somebody_else_points_here_is_not_ours(host):
    assert not names_this_machine(host, LOCAL)


def test_with_tls_the_certificate_says_whose_name_it_is(tmp_path):
    address = Address(host="0.0.0.0", port=8080, certificate=tmp_path)
    assert names_this_machine("robot.example:8080", address)
