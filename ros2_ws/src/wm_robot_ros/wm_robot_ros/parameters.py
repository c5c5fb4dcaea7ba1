"""A node's parameters: declared from the library's settings, checked by them, changed while it runs."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from wm_robot.core.errors import WmrError
from wm_robot.runtime.settings import Setting, settings_of, with_changes
from wm_robot_ros.descriptors import as_typed, describe, from_ros, to_ros

T = TypeVar("T")


class Parameters:
    """The settings of a node by name.

    A double may be given as a whole number, and an empty list without a type, in a file as on the command
    line: `speed: 1` means 1.0.

    Args:
        node: that they are declared in.

    Thread-safe: some are declared anew while others are read.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._turn = threading.RLock()  # declaring sets, and setting is judged
        self._settings: dict[str, Setting] = {}
        self._accept: Callable[[Mapping[str, Any]], None] = lambda values: None
        node.add_on_set_parameters_callback(self._judge)
        node.add_pre_set_parameters_callback(self._typed)

    def declare(self, settings: Iterable[Setting], *, read_only: Collection[str] = ()) -> None:
        """Declare parameters; files and launch arguments go before the defaults.

        Args:
            settings: what to declare; a name that is declared already gets the new default.
            read_only: names of those that no one may change afterwards.

        Raises:
            WmrError: a file or a launch argument gives a value that is not valid; nothing is declared.
        """
        with self._turn:
            self._declare_all(list(settings), read_only)

    def _declare_all(self, settings: list[Setting], read_only: Collection[str]) -> None:
        self.undeclare(setting.name for setting in settings)
        try:
            for setting in settings:
                if not self._node.has_parameter(setting.name):
                    self._declare(setting, setting.name in read_only)
        except WmrError:
            self.undeclare(setting.name for setting in settings)
            raise
        self._settings |= {setting.name: setting for setting in settings}

    def undeclare(self, names: Iterable[str]) -> None:
        """Forget parameters, and what they were set to; those that are read-only stay."""
        with self._turn:
            for name in names:
                if self._node.has_parameter(name) and not self._node.describe_parameter(name).read_only:
                    self._node.undeclare_parameter(name)
                    self._settings.pop(name, None)

    def values(self) -> dict[str, Any]:
        """All present values, in the library's types."""
        with self._turn:
            return {
                name: from_ros(setting, self._node.get_parameter(name).value)
                for name, setting in self._settings.items()
            }

    def read(self, instance: T, *, without: Collection[str] = ()) -> T:
        """`instance` with its settings as the parameters of the same names say.

        Raises:
            WmrError: the values do not fit each other.
        """
        values = self.values()
        names = [setting.name for setting in settings_of(instance, without=without)]
        return with_changes(instance, {name: values[name] for name in names if name in values})

    def watch(self, accept: Callable[[Mapping[str, Any]], None]) -> None:
        """Have each change looked at before it holds.

        Args:
            accept: is given all values as they will be and puts them into effect, or raises WmrError,
                whose text is the answer to whoever tried.
        """
        self._accept = accept

    def change(self, values: Mapping[str, Any]) -> None:
        """Set parameters together, as a user may; raises WmrError when they are refused, and none is set."""
        parameters = [_parameter(self._settings[name], value) for name, value in values.items()]
        result = self._node.set_parameters_atomically(parameters)
        if not result.successful:
            raise WmrError(result.reason)

    def _declare(self, setting: Setting, read_only: bool) -> None:
        """Declared without a type first: a file's 1 for 1.0 would be an exception of rclpy's otherwise."""
        node, name, described = self._node, setting.name, describe(setting)
        untyped = ParameterDescriptor(dynamic_typing=True)
        given = node.declare_parameter(name, to_ros(setting, setting.default), untyped).value
        node.set_parameters([_parameter(setting, from_ros(setting, given))])
        descriptor = ParameterDescriptor(
            name=name,
            type=described.type,
            description=described.description,
            additional_constraints=described.constraints,
            read_only=read_only,
        )
        if described.range is not None:
            low, high = described.range
            if setting.type is int:
                descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
            else:
                descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        node.set_descriptor(name, descriptor)

    def _typed(self, parameters: list[Parameter]) -> list[Parameter]:
        return [self._with_type(parameter) for parameter in parameters]

    def _with_type(self, parameter: Parameter) -> Parameter:
        """1 for 1.0 and an empty list in their proper types; what is of another type as it came."""
        setting = self._settings.get(parameter.name)
        if setting is not None and parameter.value is not None:
            kind, value = Parameter.Type(describe(setting).type), as_typed(setting, parameter.value)
            if kind.check(value):
                return Parameter(setting.name, kind, value)
        return parameter

    def _judge(self, parameters: list[Parameter]) -> SetParametersResult:
        with self._turn:
            return self._judged(parameters)

    def _judged(self, parameters: list[Parameter]) -> SetParametersResult:
        ours = [parameter for parameter in parameters if parameter.name in self._settings]
        if not ours:
            return SetParametersResult(successful=True)
        before = self.values()
        try:
            new = {p.name: from_ros(self._settings[p.name], p.value) for p in ours}
            self._accept({**before, **new})
        except WmrError as error:
            self._node.get_logger().warning(f"parameter refused: {error}")
            return SetParametersResult(successful=False, reason=str(error))
        for name, value in new.items():
            self._node.get_logger().info(f"parameter {name}: {before[name]} → {value}")
        return SetParametersResult(successful=True)


def _parameter(setting: Setting, value: Any) -> Parameter:
    return Parameter(setting.name, Parameter.Type(describe(setting).type), to_ros(setting, value))
