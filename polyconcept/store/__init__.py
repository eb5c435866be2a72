"""The only door to HDF5, Parquet and JSON files; their formats are written down in docs/FORMAT.md.

Files appear whole or not at all and are never opened again for writing. Every file names its kind
and version; files that belong to another word table are refused.
"""
