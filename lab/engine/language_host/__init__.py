"""A Python language host for an engine built from Go modules; an official engine has its own."""
