"""Where a result comes from: code, run records, verification, and the crate made of them."""
