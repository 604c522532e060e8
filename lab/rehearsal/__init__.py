"""Rehearsal: a day of a stack in minutes, with real scripts and autoscaling and simulated bridges and participants."""
