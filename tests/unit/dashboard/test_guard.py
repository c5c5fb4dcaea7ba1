"""What browsers without the token, and those of other sites, can do to the view: look, or nothing."""

import asyncio
from types import SimpleNamespace

import pytest

pytest.importorskip("viser")
import viser
import websockets
from viser import _messages as messages

from wm_robot.checkpoints import shipped_checkpoint
from wm_robot.dashboard.guard import POLICY_VIOLATION, guard
from wm_robot.dashboard.page import Page
from wm_robot.dashboard.subject import Address, Subject

OPERATOR, VIEWER = 7, 8


class Client:
    """What a page of viser hears."""

    def __init__(self):
        self.heard = []
        self._websock_connection = SimpleNamespace(queue_message=self.heard.append)

    def add_notification(self, title, text, **_):
        self.heard.append(title)


@pytest.fixture
def page(tmp_path, monkeypatch):
    server = viser.ViserServer(host="127.0.0.1", port=8310, verbose=False)
    subject = Subject(
        title="test", checkpoint=shipped_checkpoint("reach"), robot="panda", task="reach", presets=tmp_path
    )
    page = Page(server, subject, "token", None)
    clients = {OPERATOR: Client(), VIEWER: Client()}
    page.clients = clients
    monkeypatch.setattr(server, "get_clients", lambda: clients)
    monkeypatch.setattr(page, "authorised", lambda client_id: client_id == OPERATOR)
    guard(page, Address(host="127.0.0.1", port=8309))
    yield page
    server.stop()


def send(page, client_id, message):
    """What viser does when that browser sends it."""
    gate = page.server._websock_server
    asyncio.run_coroutine_threadsafe(
        gate._handle_incoming_message(client_id, message), gate._background_event_loop
    ).result(60)


def test_nobody_can_publish_the_page(page):
    assert messages.ShareUrlRequest not in page.server._websock_server._incoming_handlers
    send(page, OPERATOR, messages.ShareUrlRequest())
    assert page.server._share_tunnel is None


def test_a_viewer_moves_no_slider_and_sees_it_spring_back(page):
    slider = page.gui.add_slider("speed", min=0, max=9, step=1, initial_value=2)
    moved = messages.GuiUpdateMessage(slider._impl.uuid, {"value": 5})
    for _ in range(3):
        send(page, VIEWER, moved)
    assert slider.value == 2
    heard = page.clients[VIEWER].heard
    assert [m.updates for m in heard if m != "Viewing only"] == 3 * [{"value": 2}]
    assert heard.count("Viewing only") == 1
    send(page, OPERATOR, moved)
    assert slider.value == 5
    assert page.clients[OPERATOR].heard == []


def test_a_viewers_click_goes_nowhere_and_is_answered(page):
    clicks = []
    button = page.gui.add_button("Go there")
    button.on_click(clicks.append)
    send(page, VIEWER, messages.GuiUpdateMessage(button._impl.uuid, {"value": True}))
    assert clicks == []
    assert page.clients[VIEWER].heard == ["Viewing only"]


def test_a_viewer_drags_no_goal_from_under_an_operator(page):
    arrows = page.scene.add_transform_controls("/goal", position=(1.0, 2.0, 3.0))
    drag = messages.TransformControlsUpdateMessage("/goal", (1.0, 0.0, 0.0, 0.0), (9.0, 9.0, 9.0))
    send(page, VIEWER, drag)
    assert tuple(arrows.position) == (1.0, 2.0, 3.0)
    place = next(m for m in page.clients[VIEWER].heard if isinstance(m, messages.SetPositionMessage))
    assert place.position == (1.0, 2.0, 3.0)
    send(page, OPERATOR, drag)
    assert tuple(arrows.position) == (9.0, 9.0, 9.0)


@pytest.mark.parametrize(
    ("origin", "served"), [(None, True), ("own", True), ("http://elsewhere.example", False)]
)
def test_the_page_of_another_site_is_shown_nothing(page, origin, served):
    address = f"127.0.0.1:{page.server.get_port()}"
    given = f"http://{address}" if origin == "own" else origin

    async def look():
        async with websockets.connect(
            f"ws://{address}", origin=given, subprotocols=[f"viser-v{viser.__version__}"]
        ) as connection:
            try:
                await asyncio.wait_for(connection.recv(), 60)
            except websockets.ConnectionClosed as closed:
                return closed.rcvd.code
            return "served"

    assert asyncio.run(look()) == ("served" if served else POLICY_VIOLATION)
