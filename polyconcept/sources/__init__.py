"""Where text, labels and models come from besides files: the hub and the columns of data sets."""
