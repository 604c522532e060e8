"""docs/pull-requests.md shows the comment that the program writes today."""

import pytest
from pull_request_page import PAGE, page

pytestmark = pytest.mark.tools  # two programs evaluated


def test_the_page_shows_the_comment_as_it_is_written_today():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tests/pull_request_page.py"
