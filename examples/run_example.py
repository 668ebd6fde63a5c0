# SPDX-License-Identifier: BSL-1.0
"""Runs an example, and compares what it prints with what its sources say (`// prints: ...`), one after the other and
word by word.

usage: run_example.py SOURCE... PROGRAM
"""

import pathlib
import re
import subprocess
import sys

*sources, program = sys.argv[1:]
text = "\n".join(pathlib.Path(source).read_text(encoding="utf-8") for source in sources)
promised = " ".join(re.findall(r"// prints: (.*)", text)).split()
done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
if done.returncode != 0:
    sys.exit(f"{program} ended with status {done.returncode}, after printing:\n{done.stdout}")
if not promised or done.stdout.split() != promised:
    sys.exit(f"{', '.join(sources)} promises:\n{' '.join(promised)}\nbut prints:\n{done.stdout}")
