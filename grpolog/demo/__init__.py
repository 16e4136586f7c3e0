"""The demo: a tiny model learns small sums with TRL's GRPOTrainer, and a run of it that was recorded."""
