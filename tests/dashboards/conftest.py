import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.dashboards.reading import APP
from tests.published.small_snapshot import publish


@pytest.fixture(scope="session")
def published_home(tmp_path_factory):
    """A home in which the small snapshot is published, and another before it. Only to be read."""
    return publish(tmp_path_factory.mktemp("published"), previous="20240629T060000Z-before")


@pytest.fixture
def open_page(published_home, monkeypatch):
    """Open a page as a reader does: `open_page("customer", "fr", account="C001", of="nord")`.

    The home is that of the small snapshot, unless the test sets ENCAISSE_HOME.
    """
    monkeypatch.setenv("ENCAISSE_HOME", str(published_home))
    st.cache_data.clear()

    def open_it(page="overview", lang="en", **address):
        app = AppTest.from_file(str(APP), default_timeout=30)
        app.query_params["lang"] = lang
        for name, value in address.items():
            app.query_params[name] = value
        app.switch_page(f"app_pages/{page}.py")
        app.run()
        assert not app.exception
        return app

    return open_it


@pytest.fixture
def own_home(tmp_path, monkeypatch, open_page):
    """A home of this test alone, in which something may be decided or changed."""
    home = publish(tmp_path / "home")
    monkeypatch.setenv("ENCAISSE_HOME", str(home))
    return home
