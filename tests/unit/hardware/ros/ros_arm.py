"""A ros2_control arm in another process, on Cyclone DDS, that misbehaves to order.

    python ros_arm.py DOMAIN_ID

Each line on standard input is one order, {"do": name of a method of `Arm`, ...its arguments}; each is
answered by one line of JSON. Joint states go out at 100 Hz once `stream` has said which.
"""

import json
import select
import sys
import time

from cyclonedds.domain import Domain, DomainParticipant
from cyclonedds.pub import DataWriter
from cyclonedds.qos import Policy, Qos
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from wm_hardware import ros_messages
from wm_hardware.ros_participant import LOCALHOST

# So that a killed arm is missed after one second, not after the ten of Cyclone DDS.
SHORT_LEASE = LOCALHOST.replace("<Discovery>", "<Discovery><LeaseDuration>1s</LeaseDuration>")
RELIABLE = Qos(Policy.Reliability.Reliable(0), Policy.History.KeepLast(10))
SPECIAL = {
    "transient local": Qos(Policy.Durability.TransientLocal, base=RELIABLE),
    "exclusive": Qos(Policy.Ownership.Exclusive, base=RELIABLE),
    "": RELIABLE,
}


class Arm:
    def __init__(self, domain_id):
        self.domain = Domain(domain_id, SHORT_LEASE)
        self.participant = DomainParticipant(domain_id)
        self.writers, self.readers, self.streamed, self.shown = {}, {}, [], []

    def advertise(self, topic, message, qos=""):
        self.writers[topic] = DataWriter(self.participant, self._topic(topic, message), SPECIAL[qos])

    def subscribe(self, topic, message, qos=""):
        self.readers[topic] = DataReader(self.participant, self._topic(topic, message), SPECIAL[qos])

    def withdraw(self, topic):
        self.writers.pop(topic, None)
        self.readers.pop(topic, None)

    def stream(self, topic, joints, age_s=0.0):
        """Send this joint state over and over, `age_s` old when it is sent; None ends it."""
        self.streamed = [] if joints is None else [(topic, joints, age_s)]

    def send(self, topic, joints, stamp_ns):
        """Send one joint state."""
        sec, nanosec = divmod(stamp_ns, 1_000_000_000)
        header = ros_messages.Header(stamp=ros_messages.Time(sec=sec, nanosec=nanosec))
        self.writers[topic].write(ros_messages.JointState(header=header, **joints))

    def picture(self, topic, encoding, stamp_ns):
        """Send one picture of one pixel, (1, 2, 3) in the order of its encoding."""
        sec, nanosec = divmod(stamp_ns, 1_000_000_000)
        header = ros_messages.Header(stamp=ros_messages.Time(sec=sec, nanosec=nanosec))
        size = {"height": 1, "width": 1, "step": 3}
        self.writers[topic].write(
            ros_messages.Image(header=header, encoding=encoding, data=bytes((1, 2, 3)), **size)
        )

    def repeat_picture(self, topic, encoding, stamp_ns):
        """Send this picture over and over; the encoding None ends it."""
        self.shown = [] if encoding is None else [(topic, encoding, stamp_ns)]

    def received(self, topic):
        return [sample.data for sample in self.readers[topic].take(10)]

    def tick(self):
        for topic, joints, age_s in self.streamed:
            self.send(topic, joints, time.time_ns() - round(age_s * 1e9))
        for picture in self.shown:
            self.picture(*picture)

    def _topic(self, name, message):
        return Topic(self.participant, f"rt{name}", getattr(ros_messages, message))


def main(domain_id):
    arm = Arm(domain_id)
    print(json.dumps("ready"), flush=True)
    while True:
        arm.tick()
        if select.select([sys.stdin], [], [], 0.01)[0]:
            line = sys.stdin.readline()
            if not line:  # the test run has ended, however it did
                return
            order = json.loads(line)
            print(json.dumps(getattr(arm, order.pop("do"))(**order)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
