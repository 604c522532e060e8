"""A day of a stack in minutes: the program's own bridges, scripts and autoscaling, with people who are played."""
