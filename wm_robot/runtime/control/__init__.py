"""From action chunks to joint commands, in a process of its own: execution, watchdogs, stops.

chunk ► ChunkExecutor ► inverse kinematics ► SafetyFilter ► driver
                  StopState ◄ Watchdogs ◄ sensors, planner, requests
"""
