"""From rows of metrics to alerts: pure, causal, the same live and in replay."""
