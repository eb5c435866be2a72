"""Where text, labels and models come from: the user's files, the hub, the built-in ones."""
