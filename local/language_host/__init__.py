"""A Python language host for an engine that was built from modules; an official engine brings its own."""
