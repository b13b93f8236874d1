#!/bin/sh
# Makes the virtual environment that the Makefile's targets run in, from the locked versions.
# Wheels only, so that no C compiler is needed. Usage: install.sh PYTHON FOLDER
set -eu
python=$1
venv=$2
here=$(dirname "$0")

say() { printf '%s\n' "$*" >&2; }
fail() { say "make: $*"; exit 1; }

command -v "$python" >/dev/null 2>&1 ||
    fail "$python is missing; install Python 3.11 or newer (Debian: apt-get install python3 python3-venv), or name one: make PYTHON=..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is $("$python" -V 2>&1); Python 3.11 or newer is needed, name one: make PYTHON=..."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python has no venv module; Debian: apt-get install python3-venv"

say "Setting up $venv (once; about a minute and a half) ..."
"$python" -m venv --clear "$venv"
log=$venv/install.log
install() {
    "$venv/bin/pip" install --disable-pip-version-check --no-input "$@" >>"$log" 2>&1 ||
        { tail -n 15 "$log" >&2; fail "pip could not install the packages; its whole output: $log"; }
}
say "  1/2 packages of requirements/lock.txt"
install --only-binary :all: -r "$here/lock.txt"
say "  2/2 Salt"
install --no-deps --no-build-isolation -r "$here/salt.txt"
