"""Loads the plugin in a checkout; installed, its entry point has the same name, and it is loaded once."""

pytest_plugins = ["conformance.plugin"]
