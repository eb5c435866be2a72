"""Models and tokenizers in directories: check, load, save, copy.

The only room that calls ``from_pretrained`` and ``save_pretrained``. Everything is read from a
directory on disk: safetensors weights, a fast tokenizer, no code from outside, no network. A
weight that is missing from a checkpoint is an error unless it belongs to a head that is new by
intention: a silently random layer would look like a finding.
"""
