"""The outer page's own script, without a browser: what its note says when."""

import json
import re
import shutil
import subprocess

import pytest

from wm_robot.dashboard.shell import HTML

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

BROWSER = """
const elements = {}, waiting = [];
function element() {
  const on = {}, classList = { toggle() {} };
  return { classList, on, value: "", addEventListener: (kind, handler) => { on[kind] = handler; } };
}
globalThis.document = { getElementById: id => elements[id] ??= element(), querySelector: () => null };
globalThis.location = { search: "", protocol: "http:", hostname: "localhost" };
globalThis.sessionStorage = { getItem: () => null, setItem() {}, removeItem() {} };
globalThis.setTimeout = () => 0;
globalThis.fetch = async path => {
  if (path === "/state") return new Promise(() => {}); // the test shows states itself
  return { ok: answers[0][0], json: async () => answers.shift()[1] };
};
const seen = [];
function see(state) {
  showState({ view: {}, title: "", warning: "", ...state });
  seen.push(elements.note.textContent);
}
"""


def notes(answers, actions):
    """Texts of the note after each state that is shown by `actions`, lines of JavaScript."""
    (script,) = re.findall(r"<script>(.*)</script>", HTML.read_text(), re.DOTALL)
    program = (
        f"const answers = {json.dumps(answers)};{BROWSER}{script}\n"
        f"(async () => {{ {actions}; console.log(JSON.stringify(seen)); process.exit(0); }})();"
    )
    done = subprocess.run(
        ["node", "-"], input=program, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


STOP = "await elements.stop.on.click()"


def test_a_stop_is_told_until_somebody_releases_the_arm():
    states = ["running", "latched", "silent", "latched", "running"]
    shown = ";".join(f'see({{state: "{state}"}})' for state in states)
    told = notes([[True, {"told": "stopped: latched"}]], f"{STOP};{shown}")
    assert told == 4 * ["STOP: stopped: latched"] + [""]  # the first state is older than the stop


def test_a_stop_that_failed_is_told_until_something_else_is():
    shown = 'see({state: "latched"}); see({state: "running"})'
    told = notes([[False, {"error": "nobody answers"}]], f"{STOP};{shown}")
    assert told == 2 * ["STOP: nobody answers"]
