"""All that a planner shows of one control period: enough to see it, and to make its plan again."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wm_robot.core.arrays import FloatArray
from wm_robot.core.types import Goal, Observation, Score
from wm_robot.planners.planning import PlanningConfig
from wm_robot.runtime.decision import Decision
from wm_robot.runtime.watch import codec


@dataclass(frozen=True, kw_only=True)
class ArmView:
    """How the arm is.

    Args:
        joint_names: in the order of `q`.
        q: joint positions (nq,), rad.
        p_WE: tip of the tool (3,), m: measured in simulation, else where its commanded path is.
        state: "running", "stopping", "stopped" or "latched".
        faults: that keep it from running.
        reasons: why a command was not what was wanted.
    """

    joint_names: tuple[str, ...]
    q: FloatArray
    p_WE: FloatArray
    state: str
    faults: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SimulationView:
    """What only a simulation can tell; nothing that plans reads it.

    Args:
        time_s: simulated time since the episode's start.
        speed: simulated seconds a second.
        paused: whether its time stands still.
        seed: of the episode.
        contacts: where things touch (n, 3), m.
        objects: position and quat_wxyz (7,) of each free object by name, m.
        score: distance to the episode's own goal; None while somebody has set another goal.
    """

    time_s: float
    speed: float
    paused: bool
    seed: int
    contacts: FloatArray
    objects: Mapping[str, FloatArray] = field(default_factory=dict)
    score: Score | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One control period of a planner.

    Args:
        index: counts periods from the start of the planner's process, over all episodes; a snapshot with
            the index of the one before tells that something else has changed, such as a pause.
        episode: counts episodes; goal and history begin anew with each.
        written_s: when this was written, seconds since 1970.
        dt_s: control period.
        observation: what the decision was made from, as the model sees it.
        executed: what was carried out in the period (nu,), in units of the action space.
        goal: pursued now.
        decision: made in the period; None where there was none, as while the arm is latched.
        arm: at the end of the period.
        plan_s: time of the decision, encoding included.
        age_s: of the observation when the decision was sent.
        goal_distance: see LatentMPC.goal_distance; NaN where there is none.
        model_trust: see LatentMPC.model_trust; NaN where there is none.
        simulation: None for a real arm.
        planning: settings that the next plan is made with; None in records of before it was told.
    """

    index: int
    episode: int
    written_s: float
    dt_s: float
    observation: Observation
    executed: FloatArray
    goal: Goal
    decision: Decision | None
    arm: ArmView
    plan_s: float
    age_s: float
    goal_distance: float
    model_trust: float
    simulation: SimulationView | None = None
    planning: PlanningConfig | None = None

    def encode(self) -> bytes:
        """For `decode`, bit for bit; a few 10 KB."""
        return codec.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> "Snapshot":
        """Raises WmrError for bytes that are no snapshot."""
        return codec.decode(cls, data)
