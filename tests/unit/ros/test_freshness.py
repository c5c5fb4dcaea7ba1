"""What is wrong with a topic is said in words."""

import struct

import pytest
from wm_robot_ros.freshness import Expected, Freshness, in_words, stamp_ns

IMAGE, POSE = "sensor_msgs/msg/Image", "geometry_msgs/msg/PoseStamped"
NOW_NS = 1_700_000_000_000_000_000


def problems(*, types, age_s=None, streams=True, valid=IMAGE):
    freshness = Freshness([Expected(topic="/top", type=valid, streams=streams)], 0.5)
    if age_s is not None:
        freshness.saw("/top", NOW_NS - round(age_s * 1e9))
    return freshness.problems(NOW_NS, {"/top": types})


@pytest.mark.parametrize("age_s", [0.0, 0.49, -0.49])
def test_a_stream_that_is_published_and_young_is_fresh(age_s):
    assert problems(types={IMAGE}, age_s=age_s) == {}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"types": ()}, "/top is published by nobody"),
        # Its last message is young: whoever sent it has gone.
        ({"types": (), "age_s": 0.1}, "/top is published by nobody"),
        ({"types": {IMAGE}}, "/top has a publisher, but no message has come"),
        (
            {"types": {IMAGE}, "age_s": 0.75},
            "/top is stale: its newest message is 0.75 s old; valid: at most 0.5 s",
        ),
        (
            {"types": {IMAGE}, "age_s": -0.75},
            "/top is stamped 0.75 s ahead; synchronise the machines' clocks",
        ),
        ({"types": {IMAGE}, "age_s": 1.7e9}, "compare use_sim_time"),
        ({"types": {POSE}, "age_s": 0.1}, f"/top has the type {POSE}; valid: {IMAGE}"),
        ({"types": {POSE, IMAGE}, "age_s": 0.1}, f"/top has the type {POSE}, {IMAGE}; valid: {IMAGE}"),
        (
            {"types": {POSE, IMAGE}, "age_s": 0.1, "valid": ""},
            f"/top has the types {POSE}, {IMAGE}; valid: one for all publishers",
        ),
    ],
)
def test_what_is_wrong_with_a_stream_is_said_in_words(state, words):
    assert words in in_words(problems(**state))


def test_a_topic_of_events_needs_a_publisher_alone():
    assert problems(types={IMAGE}, streams=False) == {}
    assert problems(types={IMAGE}, streams=False, age_s=100.0) == {}
    assert problems(types=(), streams=False) == {"/top": "is published by nobody"}


def test_a_topic_that_knows_no_type_takes_any():
    assert problems(types={POSE}, age_s=0.1, valid="") == {}


def test_each_topic_is_judged_by_itself():
    freshness = Freshness([Expected(topic="/a"), Expected(topic="/b"), Expected(topic="/c")], 0.5)
    freshness.saw("/a", NOW_NS)
    freshness.saw("/b", NOW_NS - 10**9)
    found = freshness.problems(NOW_NS, {"/a": {IMAGE}, "/b": {IMAGE}})
    assert list(found) == ["/b", "/c"]
    freshness.saw("/b", NOW_NS)
    assert list(freshness.problems(NOW_NS, {"/a": {IMAGE}, "/b": {IMAGE}})) == ["/c"]


# Encapsulation: CDR big and little endian, and its successor with delimiters, little endian.
@pytest.mark.parametrize(("identifier", "order"), [(b"\0\0", ">"), (b"\0\1", "<"), (b"\0\7", "<")])
def test_the_stamp_is_read_from_a_serialized_message(identifier, order):
    serialized = identifier + b"\0\0" + struct.pack(f"{order}iI", 1_700_000_000, 250_000_000) + b"frame"
    assert stamp_ns(serialized) == NOW_NS + 250_000_000
