"""The values that pass between rooms, by subject; they import nothing of ours."""
