"""One generation of completions to its reward, group, quality and example events: while training, and from dumps."""
