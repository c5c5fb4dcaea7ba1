"""Keeps viser from what it would let anybody do: serve other sites, publish itself, change what all share."""

import time
from typing import Any

from viser import _messages as messages

from wm_robot.dashboard.page import Page
from wm_robot.dashboard.sites import from_own_page
from wm_robot.dashboard.subject import Address

QUIET_S = 5.0
"""Between two words to one viewer: a drag sends many messages."""

POLICY_VIOLATION = 1008


def guard(page: Page, address: Address) -> None:
    """From now on nothing that a browser sends gets into the page's GUI or scene without the token.

    All pages share one GUI and one scene. A viewer's edit would be seen by everybody, and an operator's click
    would carry it out: a goal that somebody else has dragged away, say. So a viewer's messages end here, and
    their page gets back what they changed. Cameras are each page's own.

    Args:
        page: of a server that nobody has connected to yet.
        address: of the outer page.
    """
    gate = page.server._websock_server
    # viser has no switch for the tunnel by which anyone can publish a server; without handlers there is none.
    for kind in (messages.ShareUrlRequest, messages.ShareUrlDisconnect):
        gate.unregister_handler(kind)
    page.gui.configure_theme(show_share_button=False)
    handle, told_s = gate._handle_incoming_message, {}

    async def refuse_other_sites(client: Any) -> None:
        connection = gate._live_connections[client.client_id]
        if connection.request is None or not from_own_page(connection.request.headers, address):
            await connection.close(POLICY_VIOLATION, "another site's page may not look")

    async def handle_of_commander(client_id: Any, message: Any) -> None:
        if page.authorised(client_id):
            await handle(client_id, message)
            return
        client, now_s = page.server.get_clients().get(client_id), time.monotonic()
        if client is None or type(message) not in gate._incoming_handlers:
            return
        for answer in _what_holds(page, message):
            client._websock_connection.queue_message(answer)
        if now_s - told_s.get(client_id, -QUIET_S) >= QUIET_S:
            told_s[client_id] = now_s
            page.tell_viewer(client_id)

    gate._client_connect_cb.insert(0, refuse_other_sites)  # before anything is shown
    gate._handle_incoming_message = handle_of_commander  # type: ignore[method-assign]


def _what_holds(page: Page, message: Any) -> list[Any]:
    """Messages that show again what holds, in place of what `message` would change."""
    if isinstance(message, messages.GuiUpdateMessage):
        element = page.gui._gui_input_handle_from_uuid.get(message.uuid)
        if element is None or element._impl.is_button:
            return []
        return [messages.GuiUpdateMessage(message.uuid, {"value": element._impl.value})]
    if isinstance(
        message, messages.TransformControlsUpdateMessage | messages.TransformControlsDragEndMessage
    ):
        arrows = page.scene._handle_from_transform_controls_name.get(message.name)
        if arrows is None:
            return []
        place = messages.SetPositionMessage(message.name, tuple(arrows.position))
        turn = messages.SetOrientationMessage(message.name, tuple(arrows.wxyz))
        place.owner = turn.owner = message.owner
        return [place, turn]
    return []
