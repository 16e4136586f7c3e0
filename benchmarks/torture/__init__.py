"""A seeded campaign that breaks recording in every way that training runs break, and looks for what is lost.

python -m benchmarks.torture [--seed N] [--short] [NAME ...]
"""
