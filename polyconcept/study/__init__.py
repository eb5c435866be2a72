"""What a study asks for: its settings, checked, and what each job takes from them."""
