# SPDX-License-Identifier: BSL-1.0
"""Runs an example, and compares what it prints with what its source says (`// prints: ...`), word by word.

usage: run_example.py SOURCE PROGRAM
"""

import pathlib
import re
import subprocess
import sys

source, program = sys.argv[1:]
promised = " ".join(re.findall(r"// prints: (.*)", pathlib.Path(source).read_text(encoding="utf-8"))).split()
done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
if done.returncode != 0:
    sys.exit(f"{program} ended with status {done.returncode}, after printing:\n{done.stdout}")
if not promised or done.stdout.split() != promised:
    sys.exit(f"{source} promises:\n{' '.join(promised)}\nbut prints:\n{done.stdout}")
