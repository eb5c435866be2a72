"""What a SLURM cluster offers, what a study asks of it, and what a killed run left there."""
