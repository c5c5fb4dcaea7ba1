"""The closed loop: observe, plan, act, record."""
