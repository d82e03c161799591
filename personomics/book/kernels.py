"""Jupyter kernels of the chapters, forked from a parent instead of started anew.

The kernel is IPython's own; only its start is shortened: Python, pandas, matplotlib
and ipykernel are imported already when the process begins.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from personomics.book.forks import Forks

#: Bytes of a socket's name that every system allows, less those that are added.
LONGEST = 90


class Forked:
    """A forked process, with what jupyter_client asks of one."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, ended: asyncio.Future[int]) -> None:
        self.pid, self._ended = pid, ended

    def poll(self) -> int | None:
        """Return the exit code, or nothing while the process runs."""
        return self._ended.result() if self._ended.done() else None

    def wait(self) -> int | None:
        """Return the exit code; only asked for once the process has ended."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)

    terminate = kill


class ForkProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Launch a kernel by forking."""

    forks: Forks
    words: dict[str, str]

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a process that serves the connection file of a kernel's command."""
        self.cwd = kwargs.get("cwd") or os.getcwd()
        pid, ended = await self.forks.begin(
            f"{__name__}:serve", None, arguments=cmd[3:], folder=str(self.cwd),
            **self.words,
        )  # fmt: skip
        self.process: Any = Forked(pid, ended)
        self.pid = self.pgid = pid
        return self.connection_info


def manager(forks: Forks, sockets: Path, log: Path, data: Path) -> AsyncKernelManager:
    """Return a kernel manager whose kernel is forked and notes what it uses.

    Parameters
    ----------
    forks : Forks
        The parent that has imported everything.
    sockets : Path
        A folder for the sockets to the kernel: unlike ports, which two builds may
        choose at the same time, their names are nobody else's.
    log : Path
        Where the notes go.
    data : Path
        The data folder in use.
    """
    made = AsyncKernelManager(kernel_name="python3")
    file = sockets / f"{len(list(sockets.iterdir()))}.json"
    if len(os.fsencode(file)) < LONGEST:
        made.transport, made.connection_file = "ipc", str(file)
    provisioner = ForkProvisioner(parent=made, kernel_spec=made.kernel_spec)
    provisioner.kernel_id = made.kernel_id or ""
    provisioner.forks = forks
    provisioner.words = {"log": str(log), "home": str(data)}
    made.provisioner = provisioner
    return made


def serve(arguments: list[str], folder: str, log: str, home: str) -> None:
    """Be a kernel until told to stop; notes on what it uses go to a log."""
    from ipykernel.kernelapp import IPKernelApp

    from personomics.book import record

    os.chdir(folder)
    recorder = record.begin(Path(log), Path(home))
    app: Any = IPKernelApp.instance()
    app.parent_handle = os.getppid()
    app.initialize([*arguments, "--HistoryManager.enabled=False"])
    recorder.start()
    app.start()
