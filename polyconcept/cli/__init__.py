"""The command `polyconcept`: one module per subcommand, and what they share."""
