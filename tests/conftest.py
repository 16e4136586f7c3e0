"""What all tests share."""

import os

from hypothesis import settings

# The same examples at every run, so that a green suite stays green; a long run looks for new ones.
settings.register_profile("suite", derandomize="GRPOLOG_MORE_EXAMPLES" not in os.environ, deadline=None)
settings.load_profile("suite")
