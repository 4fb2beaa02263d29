"""The doctor in anyone's training loop, of any framework."""

from steadygan.monitor.doctor import Doctor

__all__ = ["Doctor"]
