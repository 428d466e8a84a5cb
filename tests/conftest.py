"""What all tests share: hypothesis draws the same examples every time, so that a test that passes keeps passing."""

from hypothesis import settings

from tests.caches import drop_stale_caches

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=30, print_blob=False)
settings.load_profile("fixed")

drop_stale_caches()
