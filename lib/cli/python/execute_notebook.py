"""Runs a notebook from top to bottom in a fresh Deno kernel, and writes it with its outputs.

usage: execute_notebook.py DENO INPUT OUTPUT FOLDER
"""

import json
import pathlib
import re
import sys
import tempfile

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

deno, source, target, folder = sys.argv[1:]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(value):
    """Without colour codes."""
    if isinstance(value, str):
        return ESCAPES.sub("", value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


notebook = nbformat.read(source, 4)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None

with tempfile.TemporaryDirectory() as kernels:
    # a kernel spec of its own: the user's may name another Deno
    spec = pathlib.Path(kernels, "deno")
    spec.mkdir()
    argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Deno", "language": "typescript"}))
    client = NotebookClient(
        notebook, timeout=1800, kernel_name="deno", resources={"metadata": {"path": folder}},
        record_timing=False, coalesce_streams=True,
    )
    manager = client.create_kernel_manager()
    manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[kernels], ensure_native_kernel=False)
    failed = ""
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        failed = str(error)
    finally:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)

for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs = [nbformat.from_dict(plain(output)) for output in cell.outputs]
        for output in cell.outputs:
            output.pop("transient", None)
notebook.metadata.kernelspec = {"display_name": "Deno", "language": "typescript", "name": "deno"}
notebook.metadata.language_info = {"file_extension": ".ts", "mimetype": "text/x.typescript", "name": "typescript"}
nbformat.write(notebook, target)
if failed:
    print(plain(failed), file=sys.stderr)
    sys.exit(1)
