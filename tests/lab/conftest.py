import pytest

from liqdesk.lab.compiled import warm


@pytest.fixture(scope="session", autouse=True)
def _kernels() -> None:
    """Compile before hypothesis starts its clocks."""
    warm()
