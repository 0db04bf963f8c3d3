"""A JupyterLab of the tests' own: its port, token, settings and kernel are no one else's."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

KERNEL = "book"
OPTIONS = {
    "ServerApp.ip": "127.0.0.1",
    "ServerApp.open_browser": "False",
    "ServerApp.allow_root": "True",  # in a container we are root
    "LabApp.expose_app_in_browser": "True",  # window.jupyterapp, to run commands by name
    # Nothing is asked of other hosts.
    "LabApp.news_url": "",
    "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    "LabApp.extension_manager": "readonly",
}
PLACES = {  # below the folder; nothing of the user's own is read or written
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_PATH": "path",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
}


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Runs a server on a free port; the kernel is the Python that runs this.

    Args:
        folder: An empty folder for the server's state; its notebooks go into `notebooks` there.

    Yields:
        The address of a notebook; `%s` stands for its name.
    """
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    spec = folder / "path/kernels" / KERNEL / "kernel.json"
    spec.parent.mkdir(parents=True)
    launch = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": launch, "display_name": KERNEL, "language": "python"}))
    quiet = folder / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text(json.dumps({"fetchNews": "false"}))  # else it asks whether it may
    token = secrets.token_hex()
    places = {name: str(folder / place) for name, place in PLACES.items()}
    options = [f"--{name}={value}" for name, value in OPTIONS.items()]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={notebooks}", *options],
            env=os.environ | places | {"JUPYTER_TOKEN": token},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield f"{_address(server, folder)}lab/tree/%s?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()


def _address(server: subprocess.Popen, folder: Path) -> str:
    """Waits until the server listens and has written down where."""
    file = folder / PLACES["JUPYTER_RUNTIME_DIR"] / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(FileNotFoundError, json.JSONDecodeError):  # not yet there, half written
            return json.loads(file.read_text())["url"]
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{(folder / 'log.txt').read_text()}")
