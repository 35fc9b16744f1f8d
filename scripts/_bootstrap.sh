# shellcheck shell=bash
# Sourced by the scripts beside it: finds or fetches what they need, into .tools/ and .venv/ only.
#
# Needed: Python 3.11 to 3.13, a C linker, Rust >= 1.88, uv. As root on Debian, missing ones are installed as Debian
# packages; otherwise one line says what is missing and how to get it. When nothing changed since the last run,
# `ensure_environment` costs a fraction of a second: it compares file times and does not call uv.

set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$ROOT"

TOOLS="$ROOT/.tools"
PYTHON="$ROOT/.venv/bin/python"
UV_VERSION="0.13.8"
UV_OLDEST="0.9.0"
RUST_OLDEST="1.88.0"

mkdir -p "$TOOLS/stamps"
if [ -z "${HOME:-}" ] || [ ! -w "${HOME:-}" ]; then
    # Caches of uv, pip and cargo go where this project may write.
    mkdir -p "$TOOLS/home"
    export HOME="$TOOLS/home"
fi
for folder in "$HOME/.cargo/bin" /usr/local/go/bin "$TOOLS/uv/bin"; do
    case ":$PATH:" in
        *":$folder:"*) ;;
        *) [ -d "$folder" ] && PATH="$PATH:$folder" ;;
    esac
done
export PATH
# No interpreter is ever downloaded: a suitable Python must be on the machine.
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT="$ROOT/.venv" UV_NO_PROGRESS=1
if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
    # A company's own certificate authority is in the system's list, not in the one that uv brings along.
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-1}"
fi
unset VIRTUAL_ENV PYTHONHOME

say() { printf '%s\n' "$*" >&2; }

missing() {
    say "$(basename "$0"): missing $1. $2"
    exit 3
}

# at_least OLDEST VERSION
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

version_of() { "$@" --version 2>/dev/null | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1; }

# works OLDEST COMMAND...: the command runs and is new enough (a shim without its tool does not run).
works() {
    local oldest="$1" version
    shift
    command -v "$1" >/dev/null 2>&1 || return 1
    version="$(version_of "$@")" || return 1
    [ -n "$version" ] && at_least "$oldest" "$version"
}

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# debian PACKAGE...: install Debian packages, quietly; fails when not root or not Debian.
debian() {
    can_install || return 1
    if [ ! -e "$TOOLS/stamps/apt-updated" ]; then
        apt-get update -qq >&2 || return 1
        touch "$TOOLS/stamps/apt-updated"
    fi
    say "installing Debian packages: $*"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$TOOLS/apt.log" 2>&1 || {
        tail -n 5 "$TOOLS/apt.log" >&2
        rm -f "$TOOLS/stamps/apt-updated" # the lists may be old
        return 1
    }
    hash -r
}

# The embedded chain's wheel exists for 3.11 to 3.13.
find_python() {
    local name
    for name in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if works 3.11 "$name" && ! works 3.14 "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

ensure_python() {
    find_python >/dev/null || debian python3 python3-venv || true
    SYSTEM_PYTHON="$(find_python)" || missing "Python 3.11, 3.12 or 3.13" "Install it from your system's packages."
}

ensure_linker() {
    command -v cc >/dev/null 2>&1 || debian gcc libc6-dev || true
    command -v cc >/dev/null 2>&1 || missing "a C linker (cc)" "Install gcc or clang from your system's packages."
}

rust_works() { works "$RUST_OLDEST" cargo && works "$RUST_OLDEST" rustc; }

ensure_rust() {
    rust_works || debian rustc-web cargo-web || debian rustc cargo || true
    rust_works || missing "Rust $RUST_OLDEST or newer" "Install it with rustup, or Debian's rustc-web and cargo-web as root."
}

# The linters of Rust: only scripts/check needs them.
ensure_rust_linters() {
    ensure_rust
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        debian rustfmt-web rust-web-clippy || true
    fi
    cargo fmt --version >/dev/null 2>&1 || missing "rustfmt" "Add it with: rustup component add rustfmt"
    cargo clippy --version >/dev/null 2>&1 || missing "clippy" "Add it with: rustup component add clippy"
}

ensure_uv() {
    works "$UV_OLDEST" uv && return 0
    if ! works "$UV_OLDEST" "$TOOLS/uv/bin/uv"; then
        say "installing uv $UV_VERSION into .tools/"
        rm -rf "$TOOLS/uv"
        if ! "$SYSTEM_PYTHON" -m venv "$TOOLS/uv" >/dev/null 2>&1; then
            # Debian splits venv and pip from python3.
            rm -rf "$TOOLS/uv"
            { debian python3-venv && "$SYSTEM_PYTHON" -m venv "$TOOLS/uv" >/dev/null; } || true
        fi
        if [ -x "$TOOLS/uv/bin/pip" ]; then
            "$TOOLS/uv/bin/pip" install -q --disable-pip-version-check "uv==$UV_VERSION" >&2 || true
        else
            "$SYSTEM_PYTHON" -m pip install -q --target "$TOOLS/uv" "uv==$UV_VERSION" >&2 || true
        fi
    fi
    [ -d "$TOOLS/uv/bin" ] && export PATH="$TOOLS/uv/bin:$PATH"
    works "$UV_OLDEST" uv || missing "uv $UV_OLDEST or newer" "Install it with: python3 -m pip install uv"
}

chromium_found() {
    local name
    [ -n "${HOLDFAST_CHROMIUM:-}" ] && return 0
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

# Pages are tested in a real browser. Without one those tests are skipped, so that all others still run.
ensure_chromium() {
    chromium_found || debian chromium || true
    chromium_found ||
        say "$(basename "$0"): no Chromium, so tests of pages are skipped. Install Debian's package chromium, or name one in HOLDFAST_CHROMIUM."
}

# fresh PROFILE: the environment was built here for this profile and nothing it is built from is newer.
fresh() {
    local stamp="$TOOLS/stamps/$1"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$ROOT" ] && [ -x "$PYTHON" ] || return 1
    [ -z "$(find pyproject.toml uv.lock Cargo.toml Cargo.lock rust -type f -newer "$stamp" -print -quit)" ] || return 1
    "$PYTHON" -c 'import holdfast._core' >/dev/null 2>&1
}

# ensure_environment PROFILE [UV OPTION...]: .venv holds what the options of `uv sync` select, the Rust module built.
ensure_environment() {
    local profile="$1" began
    shift
    fresh "$profile" && return 0
    ensure_python
    ensure_linker
    ensure_rust
    ensure_uv
    if [ -f "$TOOLS/stamps/place" ] && [ "$(cat "$TOOLS/stamps/place")" != "$ROOT" ]; then
        # The folder was moved: an environment names its own place in many files.
        rm -rf "$ROOT/.venv"
    fi
    printf '%s' "$ROOT" >"$TOOLS/stamps/place"
    say "preparing .venv ($profile): downloads packages and builds the Rust core; a minute or two at first"
    began="$(date +%s)"
    # A stamp is dated before the build, so that an edit during it is not missed.
    printf '%s' "$ROOT" >"$TOOLS/stamps/$profile.building"
    [ -x "$PYTHON" ] || set -- --python "$SYSTEM_PYTHON" "$@"
    uv sync --quiet --locked --inexact "$@" || {
        say "$(basename "$0"): uv could not prepare .venv; what it said is above"
        exit 3
    }
    mv "$TOOLS/stamps/$profile.building" "$TOOLS/stamps/$profile"
    say "prepared in $(($(date +%s) - began)) s"
}

# What each script needs; `--inexact` lets them share one .venv.
environment_to_run() { ensure_environment run --no-default-groups --extra embedded; }
environment_to_test() {
    ensure_linker
    ensure_rust
    ensure_chromium
    if works 1.24 go; then
        ensure_environment test --extra embedded
    else
        # The audit log is checked against Go's own implementation.
        ensure_environment test-go --extra embedded --group go
    fi
    export PATH="$ROOT/.venv/bin:$PATH"
}
# Like the tests', but for a browser: without one there is no picture.
environment_to_photograph() {
    environment_to_test
    chromium_found || exit 3
}
environment_to_check() {
    ensure_linker
    ensure_rust_linters
    ensure_environment check --extra embedded --group docs
    export PYO3_PYTHON="$PYTHON"
}
