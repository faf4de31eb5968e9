# Sourced by scripts/demo and scripts/test: makes .venv on the first start and installs
# SpikingGrid into it. Later starts only check that setup.cfg has not changed since.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "SpikingGrid needs Python 3.11 or newer; set PYTHON to one, e.g. PYTHON=/path/to/python3.12" >&2
    return 1
}

install() {
    local python wanted
    wanted="$(cat setup.cfg pyproject.toml | cksum)"
    if [ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    echo "Setting up .venv (once; one or two minutes) ..." >&2
    if [ ! -x .venv/bin/python ]; then
        python="$(find_python)" && "$python" -m venv .venv || return 1
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]' ||
        return 1
    echo "$wanted" >.venv/installed
}

install || exit 1
