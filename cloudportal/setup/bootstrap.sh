#!/bin/sh
# From nothing to a virtual environment: system packages, Python packages, front-end packages.
# usage: bootstrap.sh run|test       What is in place already costs nothing. Needs no Python to start.
set -eu

purpose=${1:-run}
cd "$(dirname "$0")/../.."
log=.local/log/setup.log
mkdir -p .local/log
: >>"$log"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Two set-ups in one tree would install over each other.
if [ -z "${CLOUDPORTAL_SETUP_LOCKED:-}" ] && command -v flock >/dev/null; then
    CLOUDPORTAL_SETUP_LOCKED=1 exec flock .local/setup.lock sh "$0" "$purpose"
fi

fail() {
    echo "FAILED"
    tail -n 20 "$log" | sed 's/^/    /'
    echo "$1" >&2
    exit 1
}

# step WHAT WHAT-IF-NOT COMMAND...: one line with what is done and how long it took; the output goes to the log.
step() {
    what=$1 advice=$2
    shift 2
    printf '  %-50s' "$what"
    begun=$(date +%s)
    printf '\n### %s: %s\n' "$(date)" "$what" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null || fail "$advice The whole output is in $log."
    printf '%4s s\n' "$(($(date +%s) - begun))"
}

# ---------------------------------------------------------------- system packages

section() { sed -n "/^\[$1\]/,/^\[/p" cloudportal/setup/packages.debian | grep -v '^[[#]' || true; }

wanted_packages() {
    section python
    section libvirt
    section ldap
    command -v npm >/dev/null || section npm
    section lab
    section guest
    [ "$purpose" = run ] || section test
}

missing_packages() {
    wanted_packages | while read -r package; do
        [ -n "$package" ] || continue
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
    done
}

install_packages() {
    # The daemons are ours to start, inside the lab; the machine's own stay as they are.
    policy=/usr/sbin/policy-rc.d
    [ ! -e $policy ] || policy=
    if [ -n "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        trap 'exit 130' INT TERM HUP
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    status=0
    apt_install "$@" || status=$?
    [ -z "$policy" ] || rm -f "$policy"
    trap - EXIT INT TERM HUP
    return $status
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q || return 1
    # A directory that nobody set up is not started at the next boot either.
    ! command -v debconf-set-selections >/dev/null ||
        echo "slapd slapd/no_configuration boolean true" | debconf-set-selections
    apt-get install -q -y --no-install-recommends "$@"
}

if [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
    packages=$(missing_packages)
    if [ -n "$packages" ]; then
        # shellcheck disable=SC2086
        step "Installing $(echo "$packages" | wc -l) system packages" "The packages can't be installed." install_packages $packages
    fi
fi

# ---------------------------------------------------------------- Python packages

usable() {
    command -v "$1" >/dev/null &&
        "$1" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

find_python() {
    for python in python3 python3.13 python3.12 python3.11; do
        if usable "$python"; then
            echo "$python"
            return
        fi
    done
}

python=.venv/bin/python
if ! $python -c '' 2>/dev/null; then
    base=$(find_python)
    if [ -z "$base" ]; then
        echo "Python 3.11 to 3.13 with its venv module is missing, and this is not root on Debian or Ubuntu."
        echo "Install it by other means and try again."
        exit 1
    fi
    step "Creating the virtual environment" "It can't be created." "$base" -m venv --clear .venv
fi

# install LOCK-FILE: exactly what the lock file names, with its hashes.
install() { $python -m pip install --disable-pip-version-check --no-input --no-deps --require-hashes -r "$1"; }

# is_current STAMP FILE: whether FILE is the one that was installed.
is_current() { [ -e "$1" ] && [ "$(sha256sum <"$2")" = "$(cat "$1")" ]; }

stamp=.venv/.installed
if ! is_current $stamp requirements.lock; then
    step "Installing Python packages" "The Python packages can't be installed." install requirements.lock
    sha256sum <requirements.lock >$stamp
fi

# compiled EXTRA LIBRARY WHAT WITHOUT: bindings that are compiled, where the library's headers and a compiler are.
compiled() {
    ! is_current "$stamp-$1" "requirements-$1.lock" || return 0
    if command -v pkg-config >/dev/null && pkg-config --exists "$2" && command -v cc >/dev/null; then
        step "Compiling $3" "They can't be compiled." install "requirements-$1.lock"
        sha256sum <"requirements-$1.lock" >"$stamp-$1"
    else
        echo "  The headers of $2 or a C compiler are missing (section [$1] of cloudportal/setup/packages.debian):"
        echo "  the portal comes up without $4."
    fi
}

compiled libvirt libvirt "libvirt's Python bindings" "the driver for KVM hosts"
compiled ldap ldap "OpenLDAP's Python bindings" "signing in by LDAP"

# ---------------------------------------------------------------- front-end packages

front_end() { npm ci --prefix static --no-progress && $python -m cloudportal.setup.vendor; }

front_end_recipe() { cat static/package-lock.json cloudportal/setup/vendor.py; }

stamp=static/vendor/.installed
if [ "$(front_end_recipe | sha256sum)" != "$(cat $stamp 2>/dev/null)" ]; then
    if ! command -v npm >/dev/null; then
        echo "npm is missing, and this is not root on Debian or Ubuntu: the pages' style sheets can't be fetched."
        echo "Install Node.js with npm by other means and try again."
        exit 1
    fi
    step "Installing front-end packages" "The front-end packages can't be installed." front_end
    front_end_recipe | sha256sum >$stamp
fi
