import pytest

from published import snapshot
from tests.published.small_snapshot import publish


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A folder in which the small snapshot is published. Read it, do not change it."""
    return publish(tmp_path_factory.mktemp("home"))


@pytest.fixture
def con(home):
    with snapshot.connect(snapshot.current(home)) as connection:
        yield connection
