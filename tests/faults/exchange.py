"""A founded and funded exchange whose node and signers are processes that can be killed."""

from pathlib import Path

from faults.auditor import Auditor
from faults.children import clock_of, opened, serve_node, serve_signer
from faults.processes import Child, Fate
from holdfast.demo.deployment import SIGNERS
from world import NOW_S

APART_S = 7_200
"""Withdrawals come so far apart that nobody's habits look odd."""


class Exchange:
    """A deployment's node and signers at work, and an auditor who looks at everything from outside."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.clock = clock_of(directory)
        self.clock.set(NOW_S)
        self.node = Child(serve_node, directory)
        self.node.told()
        self.signers = {name: Child(serve_signer, directory, name, None) for name in SIGNERS}
        for signer in self.signers.values():
            signer.told()
        self.plane, self.deployment = opened(directory, "auditor")
        self.auditor = Auditor(self.plane, self.deployment)

    def restart(self, name: str, fate: Fate | None) -> Child:
        """End a signer's process, however it fares, and begin another, which dies where ``fate`` falls."""
        self.signers[name].kill()
        self.signers[name] = Child(serve_signer, self.directory, name, fate)
        self.signers[name].told()
        return self.signers[name]

    def close(self) -> None:
        """Kill every process."""
        for child in (self.node, *self.signers.values()):
            child.kill()
        self.plane.engine.dispose()
