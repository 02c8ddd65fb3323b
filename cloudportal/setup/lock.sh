#!/bin/sh
# Writes the lock files anew from pyproject.toml, keeping versions that still fit; UPGRADE=1 takes the newest of all.
set -eu
cd "$(dirname "$0")/../.."
python=.venv/bin/python
$python -m uv --version >/dev/null 2>&1 || $python -m pip install -q uv

compile() {
    $python -m uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
        ${UPGRADE:+--upgrade} "$@"
}

compile pyproject.toml --extra server --extra vsphere --extra xen --extra saml --extra embedded --extra dev \
    -o requirements.lock
# Apart from the others: these bindings are compiled, which not every machine can.
for extra in libvirt ldap; do
    $python -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]])' $extra |
        compile - -c requirements.lock -o requirements-$extra.lock
done
