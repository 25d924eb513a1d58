"""Read what the app says, with a browser or without, and start it as `make run` does."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "dashboards" / "streamlit_app.py"


def texts(app):
    """Return everything a page says, element by element, without the marks of Markdown."""
    said = []
    for kind in ("title", "subheader", "markdown", "caption", "warning", "error", "info", "text"):
        said += [element.value for element in app.get(kind)]
    for metric in app.metric:
        said += [metric.label, metric.value, metric.help or ""]
    for widget in (*app.button, *app.selectbox, *app.date_input, *app.text_input, *app.toggle):
        said.append(widget.label)
    for group in app.get("button_group"):
        said += [option.content for option in group.proto.options]
    for frame in app.dataframe:
        said += [config.get("label", "") for config in columns_of(frame).values()]
        said += [str(value) for value in frame.value.to_numpy().ravel() if isinstance(value, str)]
    said += [expander.label for expander in app.expander]
    return [bare(text) for text in said if text]


def bare(text):
    """Return a text of ours as the reader sees it."""
    return text.replace("\\", "").replace("\u2060", "")


def columns_of(frame):
    return json.loads(frame.proto.columns)


def grid(app, column):
    """Return the rows of the first grid that has a column of this header."""
    for found in app.dataframe:
        headers = {name: config.get("label") for name, config in columns_of(found).items()}
        if column in headers.values():
            return found.value.rename(columns=headers)
    raise AssertionError(f"no grid has the column {column}")


def written(app, column):
    """Return the texts that stand in the cells of this column, in the first grid that has it."""
    for found in app.dataframe:
        for name, config in columns_of(found).items():
            if config.get("label") == column:
                told = found.proto.arrow_data.styler.display_values
                return pa.ipc.open_stream(told).read_pandas()[name].to_list()
    raise AssertionError(f"no grid has the column {column}")


def fact(app, label):
    """Return the figure that stands under this label."""
    return next(bare(each.value) for each in app.metric if bare(each.label) == label)


def change(home, *statements):
    """Publish another snapshot: this one, with something changed."""
    [file] = (home / "snapshots").glob("*.duckdb")
    with duckdb.connect(str(file)) as con:
        for statement in statements:
            con.execute(statement)
    told = json.loads((home / "CURRENT").read_text())
    (home / "CURRENT").write_text(json.dumps({**told, "sha256": f"{told['sha256']} changed"}))


@contextmanager
def serving(home, **environment):
    """Start the app as `make run` does, on a free port, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += ["--server.port", str(port), "--server.headless", "true"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "ENCAISSE_HOME": str(home), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/_stcore/health")
            yield address
        finally:
            process.terminate()


def _wait_for(url):
    for _ in range(150):
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answers at {url}")
