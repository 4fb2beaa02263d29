"""Modules that the networks use."""
