"""A merchant of its own for each test, on one server: the one that YUNO_URL names, or one that is started here."""

import os
import re
import subprocess

import pytest

from merchant import Merchant


@pytest.fixture(scope="session")
def yuno():
    if url := os.environ.get("YUNO_URL"):
        yield url
        return
    program = os.environ.get("YUNO_SESSIONS", "yuno-sessions")
    command = [program, "--ephemeral", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        # The first lines that it prints have its address.
        yield next(found[0] for line in server.stdout if (found := re.search(r"http://127[0-9.:]+", line)))
        server.terminate()


@pytest.fixture
def merchant(yuno):
    merchant = Merchant(yuno)
    yield merchant
    merchant.delete()
