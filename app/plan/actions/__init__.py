"""What each body found of each action, slips and milestones, and what was said of the plan as a whole."""
