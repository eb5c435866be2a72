"""What each kind of job is: its settings, inputs, stage and cost, one entry per rule."""
