"""What the project takes from the machine: files that appear whole, limits, devices, logs."""
