#!/bin/sh
# stand-in.sh ROOT PYTHON CA_BUNDLE VERSION_FILE: mmdebstrap's last hook, outside the new root.
# Makes Debian's Python look like the official image's: same commands, same state of the files.
set -eu
root=$1 python=python$2 ca=$3 version_file=$4

bin=$root/usr/local/bin
ln -s "/usr/bin/$python" "$bin/$python"
ln -s "$python" "$bin/python3"
ln -s "$python" "$bin/python"

# Debian keeps pip out of its Python; the official image has it and lets it install.
rm -f "$root/usr/lib/$python/EXTERNALLY-MANAGED"
chroot "$root" sh -c "$python -B -m zipfile -e /usr/share/python-wheels/pip-*.whl /usr/local/lib/$python/dist-packages"
printf '#!/usr/local/bin/python\nfrom pip._internal.cli.main import main\nraise SystemExit(main())\n' >"$bin/pip"
chmod 755 "$bin/pip"
ln -s pip "$bin/pip3"

# The official image ships no .pyc of the standard library; with Debian's, start-up figures would lie.
find "$root/usr" -name __pycache__ -prune -exec rm -rf {} +

if [ -e "$ca" ]; then cat "$ca" >"$root/etc/ssl/certs/ca-certificates.crt"; fi
chroot "$root" "$python" -B -c 'import platform; print(platform.python_version())' >"$version_file"
