"""ROS 2 nodes over the library: nothing is decided here, messages are carried and converted."""
